"""The chart, deployed, and what tests ask of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.kubectl import Object
from tests.cluster.serving.chart import install
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER
from tests.cluster.serving.pictures import Published

RELEASE = "sail"
GATEWAY_SERVICE = f"service/{RELEASE}-gateway"
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

    @property
    def slot(self) -> str:
        """The InferenceService."""
        return f"{self.published.name.model}-a"

    @property
    def gateway(self) -> str:
        """The gateway's Deployment."""
        return f"{RELEASE}-gateway"

    def install(self, **model_server: Any) -> None:
        """Install the chart, or change what is installed; returns when the model and the gateway are ready."""
        name = self.published.name
        values: dict[str, Any] = {
            "model": {"name": name.model, "version": name.version},
            "store": dict(self.store),
            "modelServer": {"image": MODEL_SERVER.name, **model_server},
            "gateway": {"image": GATEWAY.name},
        }
        install(RELEASE, self.namespace, values, self.cluster.kubeconfig)
        self.cluster.kubectl.wait("condition=Ready", f"inferenceservice/{self.slot}", namespace=self.namespace)
        self.cluster.kubectl.rolled_out(f"deployment/{RELEASE}-gateway", namespace=self.namespace)

    def scale(self, replicas: int) -> None:
        """Ask for this many model servers, as an autoscaler would; returns at once."""
        deployment = f"deployment/{self.slot}-predictor"
        self.cluster.kubectl.run("scale", deployment, f"--replicas={replicas}", "-n", self.namespace)

    def replicas(self) -> dict[str, bool]:
        """The model servers' pods that are not on their way out, and whether each is ready."""
        return {pod["metadata"]["name"]: _is_ready(pod) for pod in self.pods() if not _is_leaving(pod)}

    def pods(self) -> list[Object]:
        """Every pod of the model, those on their way out too."""
        label = f"serving.kserve.io/inferenceservice={self.slot}"
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
