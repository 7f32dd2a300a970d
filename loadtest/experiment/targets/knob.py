"""What sets a number of replicas on Kubernetes, and how it was before."""

import json
from typing import Any

from loadtest.kubernetes_api import KubernetesApi, Raw

ANNOTATION = "trireme.dev/before-experiment"
"""Keeps how it was on the object itself, so that an experiment that was killed is undone by the next one."""
HPA = "/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{namespace}/deployments"
SERVICES = "/apis/serving.kserve.io/v1beta1/namespaces/{namespace}/inferenceservices"
FIELDS = {
    HPA: (("spec",), ("minReplicas", "maxReplicas")),
    DEPLOYMENTS: (("spec",), ("replicas",)),
    SERVICES: (("spec", "predictor"), ("minReplicas", "maxReplicas")),
}
"""Where the numbers are in each kind of object."""


class Knob:
    """The fields of one object that say how many replicas there are."""

    def __init__(self, api: KubernetesApi, kind: str, name: str) -> None:
        self._api = api
        self._path = f"{kind}/{name}"
        self._place, self._names = FIELDS[kind]
        self._before: Raw | None = None

    def before(self) -> Raw:
        """The fields' values as they were; raises `ClusterAway`."""
        if self._before is None:
            found = self._api.get(self._path)
            kept = found["metadata"].get("annotations", {}).get(ANNOTATION)
            self._before = json.loads(kept) if kept else {name: self._inner(found).get(name) for name in self._names}
        return self._before

    def turn(self, replicas: int) -> None:
        """Set a number; raises `ClusterAway`."""
        kept = {"annotations": {ANNOTATION: json.dumps(self.before())}}
        self._patch({"metadata": kept}, dict.fromkeys(self._names, replicas))

    def restore(self) -> None:
        """As it was; raises `ClusterAway`."""
        if self._before is not None:
            self._patch({"metadata": {"annotations": {ANNOTATION: None}}}, self._before)

    def _inner(self, found: Raw) -> Raw:
        for name in self._place:
            found = found[name]
        return found

    def _patch(self, body: Raw, values: Raw) -> None:
        inner: Any = values
        for name in reversed(self._place):
            inner = {name: inner}
        self._api.patch(self._path, body | inner)
