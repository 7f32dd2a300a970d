"""The chart, deployed, and what tests ask of it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import Object
from tests.cluster.serving import accounts
from tests.cluster.serving.chart import install
from tests.cluster.serving.clients import Access
from tests.cluster.serving.forwarding import forwarded
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER
from tests.cluster.serving.pictures import Published

RELEASE = "sail"
GATEWAY_SERVICE = f"service/{RELEASE}-gateway"
OWN_CLAIM = f"state-{RELEASE}-gateway-0"
"""The claim of the first gateway's own."""
# How often Triton has computed something, said by the server itself.
COUNT = (
    "import urllib.request as r;"
    "lines = r.urlopen('http://127.0.0.1:8002/metrics', timeout=2).read().decode().splitlines();"
    "print(sum(float(line.split()[-1]) for line in lines if line.startswith('nv_inference_request_success{')))"
)


@dataclass(frozen=True)
class Deployment:
    """One release of the chart in a namespace of its own."""

    cluster: Cluster
    namespace: str
    published: Published
    store: Mapping[str, str]
    gateway_values: Mapping[str, Any]
    key: str = ""
    """Of somebody who may read and predict."""

    @property
    def slot(self) -> str:
        """The InferenceService."""
        return f"{self.published.name.model}-a"

    @property
    def gateway(self) -> str:
        """What makes the gateway's pods."""
        claimed = self.gateway_values.get("state", {}).get("storage")
        return f"{'statefulset' if claimed else 'deployment'}/{RELEASE}-gateway"

    def installed(self) -> "Deployment":
        """Install the chart and let the first admin make a key; gives this with the key."""
        self.install()
        with forwarded(self.cluster.kubectl, self.namespace, GATEWAY_SERVICE, 80) as address:
            return replace(self, key=accounts.new_key(address, "predictor"))

    @contextmanager
    def reached(self, resource: str = GATEWAY_SERVICE, port: int = 80) -> Iterator[Access]:
        """A way to the gateway, or to one of its pods, from this machine."""
        with forwarded(self.cluster.kubectl, self.namespace, resource, port) as address:
            yield Access(address, self.key)

    def install(self, **model_server: Any) -> None:
        """Install the chart, or change what is installed; returns when the model and the gateway are ready."""
        name = self.published.name
        gateway = {"image": GATEWAY.name, "auth": {"secret": accounts.SECRET}}
        values: dict[str, Any] = {
            "model": {"name": name.model, "version": name.version},
            "store": dict(self.store),
            "modelServer": {"image": MODEL_SERVER.name, **model_server},
            "gateway": gateway | dict(self.gateway_values),
        }
        install(RELEASE, self.namespace, values, self.cluster.kubeconfig)
        self.cluster.kubectl.wait("condition=Ready", f"inferenceservice/{self.slot}", namespace=self.namespace)
        self.cluster.kubectl.rolled_out(self.gateway, namespace=self.namespace)

    def scale(self, replicas: int) -> None:
        """Ask for this many model servers, as an autoscaler would; returns at once."""
        deployment = f"deployment/{self.slot}-predictor"
        self.cluster.kubectl.run("scale", deployment, f"--replicas={replicas}", "-n", self.namespace)

    def replicas(self) -> dict[str, bool]:
        """The model servers' pods that are not on their way out, and whether each is ready."""
        return {pod["metadata"]["name"]: _is_ready(pod) for pod in self.pods() if not _is_leaving(pod)}

    def gateways(self) -> list[str]:
        """The names of the gateway's pods."""
        return [pod["metadata"]["name"] for pod in self._pods("app.kubernetes.io/component=gateway")]

    def delete_at_once(self, pod: str) -> None:
        """Delete a pod without the time to leave that it would have."""
        flags = ("--force", "--grace-period=0")
        self.cluster.kubectl.run("delete", "pod", pod, "-n", self.namespace, *flags)

    def pods(self) -> list[Object]:
        """Every pod of the model, those on their way out too."""
        return self._pods(f"serving.kserve.io/inferenceservice={self.slot}")

    def _pods(self, label: str) -> list[Object]:
        found = self.cluster.kubectl.run("get", "pods", "-l", label, "-n", self.namespace, "-o", "json")
        items: list[Object] = json.loads(found)["items"]
        return items

    def restarts(self, pod: str) -> int:
        """How often the model server in a pod was started again."""
        (found,) = [one for one in self.pods() if one["metadata"]["name"] == pod]
        return int(found["status"]["containerStatuses"][0]["restartCount"])

    def computed(self, pod: str) -> float:
        """How many requests a model server has answered."""
        return float(self.execute(pod, "python", "-c", COUNT))

    def execute(self, pod: str, *command: str) -> str:
        """Run a command in a model server's container."""
        return self.cluster.kubectl.run("exec", "-n", self.namespace, pod, "-c", "kserve-container", "--", *command)


def _is_ready(pod: Object) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)


def _is_leaving(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]
