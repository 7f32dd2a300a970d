"""A release whose versions the gateway rolls out, and the place where its versions are made."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.names import ModelVersion
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.errors import KubectlFailed
from tests.cluster.kit.kubectl import Object
from tests.cluster.serving import accounts, postgres
from tests.cluster.serving.chart import CHART, install
from tests.cluster.serving.clients import Access
from tests.cluster.serving.forwarding import forwarded
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER
from tests.integration.rollout.test_laptop import publish

RELEASE, SLOT_A, SLOT_B = "sail", "tiny-a", "tiny-b"
MODEL = "/v1/models/tiny"
ACCOUNT = "system:serviceaccount:{namespace}:sail-gateway"
SMALL = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
VALUES: dict[str, Any] = {
    "model": {
        "name": "tiny",
        "resources": SMALL,
    },
    "store": {"uri": "pvc://models"},
    "modelServer": {"image": MODEL_SERVER.name, "drainSeconds": 8, "stopSeconds": 5},
    "rollout": {"enabled": True, "policies": {"tiny": {"start": "wait"}}},
    "admission": {"enabled": True},
    "gateway": {
        "image": GATEWAY.name,
        "auth": {"secret": accounts.SECRET},
        "database": {"secret": postgres.SECRET},
        "replicas": 2,
        "settings": {"GATEWAY_RATE_LIMITS": "[]"},
        "resources": SMALL,
    },
}
WAIT_S = 300
"""For what takes seconds on a machine that does nothing else."""


@dataclass(frozen=True)
class Site:
    """A release in a namespace, its store, and a place where versions are made."""

    cluster: Cluster
    namespace: str
    folder: Path
    put: Callable[[Path], None]
    """Copies a version's folder into the store."""
    values: Mapping[str, Any]

    def publish(self, version: int, change: Callable[[Path], None] = lambda _: None) -> None:
        """Put a version of `tiny` into the store, after a change of its folder."""
        publish(self.folder, version)
        made = self.folder / ModelVersion("tiny", version).triton_name
        change(made)
        self.put(made)

    def deploy(self, *, chart: Path = CHART, **values: Any) -> None:
        """Install the chart or upgrade it, and wait for the gateways."""
        install(RELEASE, self.namespace, {**self.values, **values}, self.cluster.kubeconfig, chart=chart)
        self.cluster.kubectl.rolled_out(f"deployment/{RELEASE}-gateway", namespace=self.namespace, timeout_s=WAIT_S)

    def service(self, slot: str) -> Object:
        """An InferenceService."""
        return self.cluster.kubectl.get(f"inferenceservice/{slot}", namespace=self.namespace)

    def pods(self, slot: str) -> set[str]:
        """The pods of a slot that are not on their way out."""
        return {pod["metadata"]["name"] for pod in self.found(f"serving.kserve.io/inferenceservice={slot}")}

    def gateways(self) -> list[str]:
        """The gateways' pods that are not on their way out."""
        return [pod["metadata"]["name"] for pod in self.found("app.kubernetes.io/component=gateway")]

    def found(self, label: str) -> list[Object]:
        """Pods with a label that are not on their way out."""
        found = json.loads(self.cluster.kubectl.run("get", "pods", "-l", label, "-n", self.namespace, "-o", "json"))
        return [pod for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]

    @contextmanager
    def reached(self, key: str = "") -> Iterator[list[Access]]:
        """A way to each gateway."""
        with ExitStack() as stack:
            ways = [forwarded(self.cluster.kubectl, self.namespace, f"pod/{pod}", 8080) for pod in self.gateways()]
            addresses = [stack.enter_context(way) for way in ways]
            yield [Access(address, key or accounts.new_key(addresses[0], "admin")) for address in addresses]

    def may(self, *what: str) -> bool:
        """Whether the gateway's account may do something."""
        account = ACCOUNT.format(namespace=self.namespace)
        try:
            self.cluster.kubectl.run("auth", "can-i", *what, "--as", account, "-n", self.namespace)
        except KubectlFailed:
            return False
        return True
