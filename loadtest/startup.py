"""How long replicas took from the decision to their first answer, phase by phase, as Kubernetes noted it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from loadtest.errors import ClusterAway
from loadtest.kubernetes_api import KubernetesApi

PODS = "/api/v1/namespaces/{namespace}/pods"
EVENTS = "/api/v1/namespaces/{namespace}/events"
OWNER = "serving.kserve.io/inferenceservice"
SLOTS = ("a", "b")
CONTAINER = "kserve-container"
PULLED = re.compile(r"Successfully pulled image .* in ([0-9hms.µ]+)")
DURATION = re.compile(r"([0-9.]+)(h|ms|m|s|µs)")
UNIT_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6}


class Phases(NamedTuple):
    """Seconds, to one second as Kubernetes has them; each begins where the one before ended."""

    node: float
    """Until a node was found that has room, and came up if it had to."""
    storage: float
    """Until init containers were over, their images and KServe's download of a version among them."""
    container: float
    """Until the model server's container ran, its image among it."""
    server: float
    """Until its probes said that the version is loaded and has been warmed up."""

    @property
    def total(self) -> float:
        """From the pod's creation to its readiness."""
        return sum(self)


@dataclass(frozen=True)
class Startup:
    """One replica's way."""

    pod: str
    phases: Phases
    pulled_s: float
    """Seconds that images were pulled for it, within those phases; 0 where they were there, or nobody remembers."""


def startups(api: KubernetesApi, model: str) -> Sequence[Startup]:
    """Of a model's ready replicas, the oldest first, without those whose container began again.

    Raises `ClusterAway`, where there is none too.
    """
    pods = [pod for slot in SLOTS for pod in api.get(PODS, labelSelector=f"{OWNER}={model}-{slot}")["items"]]
    pulled = _pulled(api.get(EVENTS, fieldSelector="reason=Pulled")["items"])
    pods.sort(key=lambda pod: pod["metadata"]["creationTimestamp"])
    found = [one for pod in pods for one in _startup(pod, pulled)]
    if not found:
        raise ClusterAway(f"There is no replica of {model} that is ready and has not begun again.")
    return found


def medians(found: Sequence[Startup]) -> Phases:
    """Of each phase."""
    return Phases(*(median(column) for column in zip(*(one.phases for one in found), strict=True)))


def _startup(pod: Mapping[str, Any], pulled: Mapping[str, float]) -> Iterator[Startup]:
    status, name = pod["status"], pod["metadata"]["name"]
    since = {
        one["type"]: _time(one["lastTransitionTime"])
        for one in status.get("conditions", ())
        if one["status"] == "True" and one.get("lastTransitionTime")
    }
    began = [_began(one) for one in status.get("containerStatuses", ()) if one["name"] == CONTAINER]
    if not began or began[0] is None or not {"PodScheduled", "Initialized", "Ready"} <= since.keys():
        return
    created = _time(pod["metadata"]["creationTimestamp"])
    moments = [created, since["PodScheduled"], since["Initialized"], began[0], since["Ready"]]
    phases = (later - earlier for earlier, later in pairwise(moments))
    yield Startup(name, Phases(*(max(0.0, one) for one in phases)), pulled.get(name, 0.0))


def _began(container: Mapping[str, Any]) -> float | None:
    """When a container began, if it did so once."""
    running = container.get("state", {}).get("running")
    return _time(running["startedAt"]) if running and not container.get("restartCount") else None


def _pulled(events: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Seconds by pod."""
    found: dict[str, float] = {}
    for event in events:
        said = PULLED.match(event.get("message") or "")
        if said:
            pod = event["involvedObject"].get("name", "")
            found[pod] = found.get(pod, 0.0) + _seconds(said[1])
    return found


def _seconds(duration: str) -> float:
    """Of a duration as Go writes it: `1m2.5s`."""
    return sum(float(number) * UNIT_S[unit] for number, unit in DURATION.findall(duration))


def _time(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
