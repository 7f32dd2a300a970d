"""A cluster of two slots on this machine: a small Kubernetes API, and a real Triton for each slot that runs."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.names import ModelVersion, parse_triton_name
from modelserver.temporary import TemporaryServer
from tests.support.kubernetes_api import Cluster

CONFIG_MAP = "slots"
LOOK_S = 0.05
DRAIN_S = 3.0
"""Seconds from leaving DNS to the end: gateways must have let go by then."""


def config_map(model: str, uri: str = "s3://models/{version}/") -> dict[str, Any]:
    """The chart's ConfigMap, as the API answers it."""
    template = {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"annotations": {"serving.kserve.io/autoscalerClass": "external"}},
        "spec": {"predictor": {"model": {"storageUri": uri}}},
    }
    metadata = {"name": CONFIG_MAP, "uid": f"uid-of-{CONFIG_MAP}"}
    return {"metadata": metadata, "data": {f"{model}.json": json.dumps(template)}}


@dataclass
class _Pod:
    name: ModelVersion
    server: TemporaryServer
    stack: contextlib.ExitStack


@dataclass
class KServe:
    """What makes InferenceServices run: one server each, replaced as a rolling update does it."""

    cluster: Cluster
    repository: Path
    pods: dict[str, _Pod] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    """Each version that was started, in order."""
    _ending: threading.Event = field(default_factory=threading.Event)
    _leaving: list[threading.Timer] = field(default_factory=list)

    async def resolve(self, target: str) -> set[str]:
        """As DNS would: `tiny-a-replicas:8001` to the addresses of slot a."""
        service = target.partition(":")[0].removesuffix("-replicas")
        pod = self.pods.get(service)
        return set() if pod is None else {pod.server.grpc_address}

    def run(self) -> None:
        """Look until the end."""
        while not self._ending.wait(LOOK_S):
            for name in list(self.cluster.services):
                self._look(name)

    def end(self) -> None:
        """Stop looking, and every server."""
        self._ending.set()
        for timer in self._leaving:
            timer.join()

    def _look(self, name: str) -> None:
        with self.cluster.lock:
            service = self.cluster.services[name]
            annotations = service["metadata"].get("annotations", {})
            folder = service["spec"]["predictor"]["model"]["storageUri"].rstrip("/").rpartition("/")[2]
        wanted = None if annotations.get("serving.kserve.io/stop") == "true" else parse_triton_name(folder)
        old = self.pods.get(name)
        if (None if old is None else old.name) == wanted:
            return
        if wanted is None:
            self._say(name, is_ready=False)
            self.pods.pop(name, None)
        else:
            self.pods[name] = self._started(wanted)
            self._say(name, is_ready=True)
        if old is not None:
            self._leaving.append(threading.Timer(DRAIN_S, old.stack.close))
            self._leaving[-1].start()

    def _started(self, name: ModelVersion) -> _Pod:
        self.begun.append(name.triton_name)
        stack = contextlib.ExitStack()
        return _Pod(name, stack.enter_context(TemporaryServer(self.repository, [name])), stack)

    def _say(self, name: str, *, is_ready: bool) -> None:
        condition = {"type": "Ready", "status": str(is_ready)}
        with self.cluster.lock:
            self.cluster.services[name]["status"] = {"conditions": [condition]}


@contextlib.contextmanager
def serve_slots(cluster: Cluster, repository: Path) -> Iterator[KServe]:
    """Run what the cluster's InferenceServices say, until the block ends."""
    kserve = KServe(cluster, repository)
    thread = threading.Thread(target=kserve.run)
    thread.start()
    try:
        yield kserve
    finally:
        kserve.end()
        thread.join()
        for pod in kserve.pods.values():
            pod.stack.close()
