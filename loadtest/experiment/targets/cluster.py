"""Replicas on Kubernetes: a Deployment or an InferenceService, with or without its HorizontalPodAutoscaler."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from loadtest.errors import ClusterAway
from loadtest.experiment.plan import ClusterPart, Replicas
from loadtest.experiment.targets.autoscaler import quantity, signals
from loadtest.experiment.targets.knob import DEPLOYMENTS, HPA, SERVICES, Knob
from loadtest.experiment.targets.target import Happening, Sample, Tell
from loadtest.kubernetes_api import KubernetesApi

EVENTS = "/api/v1/namespaces/{namespace}/events"
POD_METRICS = "/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods"
POLL_S = 1.0
USAGE_S = 5.0
"""Kubernetes measures its pods more seldom still."""
Usage = tuple[float | None, float | None]


class ClusterTarget:
    """Scales what is there, and puts it back."""

    def __init__(self, part: ClusterPart) -> None:
        self._part = part
        kind, _, name = part.workload.partition("/")
        self._deployment = name if kind == "deployment" else f"{name}-predictor"
        """KServe's name for it, in Standard mode."""
        self._owner = (DEPLOYMENTS if kind == "deployment" else SERVICES, name)
        self._usage: tuple[float, Usage] = (0.0, (None, None))
        self.urls: Sequence[str] = part.urls

    def __enter__(self) -> Self:
        self._api = KubernetesApi(self._part.kubeconfig, self._part.namespace)
        kind, name = (HPA, self._part.hpa) if self._part.hpa is not None else self._owner
        self._knob = Knob(self._api, kind, name)
        self._knob.before()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._knob.restore()
        finally:
            self._api.close()

    def describe(self) -> str:
        """What is scaled."""
        by = "" if self._part.hpa is None else f", horizontalpodautoscaler/{self._part.hpa}"
        return f"{self._part.workload}{by} in namespace {self._part.namespace}"

    def scale(self, replicas: Replicas, tell: Tell) -> None:
        """Have so many, all ready; before the autoscaler takes over there are its fewest."""
        least = self._knob.before().get("minReplicas") or 1
        count = least if replicas == "hpa" else replicas
        self._knob.turn(count)
        self._wait(count, tell)
        if replicas == "hpa":
            self._knob.restore()

    def sample(self) -> Sample:
        """The Deployment, the autoscaler and, each few seconds, the pods' usage."""
        deployment = self._found()
        hpa = None if self._part.hpa is None else self._api.get(f"{HPA}/{self._part.hpa}")
        cores, memory = self._used(deployment)
        return Sample(
            wanted=deployment["spec"].get("replicas", 1),
            ready=deployment.get("status", {}).get("readyReplicas", 0),
            cpu_cores=cores,
            memory_bytes=memory,
            signals=() if hpa is None else signals(hpa),
            hpa=hpa,
        )

    def happenings(self, since: float) -> Sequence[Happening]:
        """Events of the Deployment, its pods and the autoscaler."""
        found = [_happening(one) for one in self._api.get(EVENTS, limit="1000")["items"]]
        ours = (one for one in found if one.time >= since and self._is_ours(one.name))
        return sorted(ours, key=lambda one: one.time)

    def _is_ours(self, name: str) -> bool:
        return name in {self._part.hpa, self._deployment} or name.startswith(f"{self._deployment}-")

    def _found(self) -> Mapping[str, Any]:
        return self._api.get(f"{DEPLOYMENTS}/{self._deployment}")

    def _wait(self, count: int, tell: Tell) -> None:
        deadline = time.monotonic() + self._part.ready_timeout_s
        while (there := _counts(self._found())) != (count, count, count):
            if time.monotonic() > deadline:
                raise ClusterAway(f"There were not {count} ready replicas within {self._part.ready_timeout_s:g} s.")
            tell(f"{there[2]} of {count} ready")
            time.sleep(POLL_S)

    def _used(self, deployment: Mapping[str, Any]) -> Usage:
        asked, usage = self._usage
        if time.monotonic() > asked + USAGE_S:
            labels = deployment["spec"]["selector"]["matchLabels"]
            selector = ",".join(f"{name}={value}" for name, value in labels.items())
            usage = _sum(self._api.find(POD_METRICS, labelSelector=selector))
            self._usage = (time.monotonic(), usage)
        return usage


def _counts(deployment: Mapping[str, Any]) -> tuple[int, int, int]:
    """Replicas that are wanted, there, and ready."""
    status = deployment.get("status", {})
    return deployment["spec"].get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)


def _sum(metrics: Mapping[str, Any] | None) -> Usage:
    used = list(_containers(metrics or {}))
    if not used:
        return None, None
    return sum(quantity(one["cpu"]) for one in used), sum(quantity(one["memory"]) for one in used)


def _containers(metrics: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for pod in metrics.get("items", ()):
        yield from (container["usage"] for container in pod["containers"])


def _happening(event: Mapping[str, Any]) -> Happening:
    about = event["involvedObject"]
    when = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
    return Happening(
        time=datetime.fromisoformat(when).timestamp(),
        kind=about.get("kind", ""),
        name=about.get("name", ""),
        reason=event.get("reason", ""),
        message=event.get("message", ""),
    )
