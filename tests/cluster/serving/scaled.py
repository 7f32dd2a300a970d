"""A release whose model servers an autoscaler holds, and what tests see of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import Object
from tests.cluster.serving import accounts
from tests.cluster.serving.chart import Values, install
from tests.cluster.serving.clients import Access
from tests.cluster.serving.deployment import COUNT, GATEWAY_SERVICE, RELEASE
from tests.cluster.serving.forwarding import forwarded
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER

MODEL = "tiny"
SLOT = f"{MODEL}-a"
AUTOSCALERS = {"hpa": SLOT, "keda": f"keda-hpa-{SLOT}"}
"""By who makes them."""
# Seconds instead of minutes, and down one by one.
QUICK = {
    "scaleDown": {"stabilizationWindowSeconds": 15, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}
}
WAIT_S = 300


def values(targets: Values, resources: Values, **more: Any) -> dict[str, Any]:
    """Of a release with one to three replicas of `tiny`."""
    return {
        "model": {"name": MODEL, "version": 1, "resources": resources},
        "store": {"uri": "pvc://models"},
        "modelServer": {"image": MODEL_SERVER.name, "drainSeconds": 8, "stopSeconds": 5},
        "autoscaling": {"provider": "hpa", "model": {"targets": dict(targets), "behavior": QUICK}},
        "gateway": {
            "image": GATEWAY.name,
            "auth": {"secret": accounts.SECRET},
            "metrics": "open",
            "settings": {"GATEWAY_RATE_LIMITS": "[]"},
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}},
        },
        **more,
    }


@dataclass(frozen=True)
class Scaled:
    """One release in a namespace of its own."""

    cluster: Cluster
    namespace: str
    values: Values

    def install(self) -> None:
        """Install the chart, or change what is installed; returns when the gateway is ready."""
        install(RELEASE, self.namespace, self.values, self.cluster.kubeconfig)
        self.cluster.kubectl.rolled_out(f"deployment/{RELEASE}-gateway", namespace=self.namespace, timeout_s=WAIT_S)

    @contextmanager
    def reached(self) -> Iterator[Access]:
        """A way to the gateway, and a key that may predict."""
        with forwarded(self.cluster.kubectl, self.namespace, GATEWAY_SERVICE, 80) as address:
            yield Access(address, accounts.new_key(address, "predictor"))

    def wanted(self) -> int:
        """How many replicas the autoscaler asks for."""
        return int(self._autoscaler()["status"].get("desiredReplicas", 0))

    def is_blind(self) -> bool:
        """Whether the autoscaler says that it gets no metric."""
        conditions = {one["type"]: one for one in self._autoscaler()["status"].get("conditions", ())}
        return bool(conditions["ScalingActive"]["status"] == "False")

    def falls_back(self) -> bool:
        """Whether KEDA says that it gets no metric."""
        found = self.cluster.kubectl.get(f"scaledobject/{SLOT}", namespace=self.namespace)
        conditions = {one["type"]: one["status"] for one in found["status"].get("conditions", ())}
        return conditions.get("Fallback") == "True"

    def seen(self) -> dict[str, str]:
        """What the autoscaler sees of each metric at the moment."""
        return dict(_seen(one) for one in self._autoscaler()["status"].get("currentMetrics") or ())

    def replicas(self) -> dict[str, bool]:
        """The model servers' pods that are not on their way out, and whether each is ready."""
        return {pod["metadata"]["name"]: _is(pod, "Ready") for pod in self._pods()}

    def waits_for(self, resource: str) -> bool:
        """Whether a replica has no node because none has enough of a resource."""
        return any(f"Insufficient {resource}" in _unscheduled(pod) for pod in self._pods())

    def are_ready(self, replicas: int) -> bool:
        """Whether there are exactly so many, and all ready."""
        found = self.replicas()
        return len(found) == replicas and all(found.values())

    def computed(self, pod: str) -> float:
        """How many requests a model server has answered."""
        command = ("exec", "-n", self.namespace, pod, "-c", "kserve-container", "--", "python", "-c", COUNT)
        return float(self.cluster.kubectl.run(*command))

    def _pods(self) -> list[Object]:
        label = f"serving.kserve.io/inferenceservice={SLOT}"
        found = self.cluster.kubectl.run("get", "pods", "-l", label, "-n", self.namespace, "-o", "json")
        return [pod for pod in json.loads(found)["items"] if "deletionTimestamp" not in pod["metadata"]]

    def _autoscaler(self) -> Object:
        name = AUTOSCALERS[self.values["autoscaling"]["provider"]]
        return self.cluster.kubectl.get(f"horizontalpodautoscaler/{name}", namespace=self.namespace)


def _unscheduled(pod: Object) -> str:
    conditions = pod["status"].get("conditions", ())
    return str(next((one.get("message", "") for one in conditions if one.get("reason") == "Unschedulable"), ""))


def _is(pod: Object, condition: str) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(found["type"] == condition and found["status"] == "True" for found in conditions)


def _seen(metric: Object) -> tuple[str, str]:
    body = metric.get(metric["type"].lower()) or {}
    name = body["metric"]["name"] if "metric" in body else body.get("name", "?")
    current = body.get("current", {})
    return name, str(current.get("averageValue") or current.get("value") or current.get("averageUtilization"))
