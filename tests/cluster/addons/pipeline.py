"""The metrics pipeline: Prometheus with the chart's monitors and alerts, and prometheus-adapter with its rules."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import yaml

from tests.cluster.addons import adapter, prometheus, workloads
from tests.cluster.addons.monitors import scrape_config
from tests.cluster.kit.build import Builder
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.images.builder import ImageBuilder
from tests.cluster.kit.kit import program_image
from tests.cluster.kit.kubectl import Object
from tests.cluster.kit.modules import PROMETHEUS_ADAPTER
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.kit.toolchain import Go
from tests.cluster.serving.chart import CHART, Values, helm

ADAPTER_IMAGE = "trireme.test/prometheus-adapter:1"
QUERY = (
    f"/api/v1/namespaces/{workloads.NAMESPACE}/services/{prometheus.NAME}:{prometheus.PORT}/proxy/api/v1/query?query="
)
START_S = 180
# Rendered and not installed: the Prometheus Operator isn't there.
MONITORING = {"monitoring": {"enabled": True, "interval": "2s", "rules": {"enabled": True}}}


@dataclass(frozen=True)
class Pipeline:
    """Prometheus and its adapter in a cluster."""

    cluster: Cluster

    def lose(self) -> None:
        """Take the adapter away; returns when nothing answers the autoscaler any more."""
        self._scale(0)
        gone = ("wait", "--for=delete", "pod", f"--selector=app={adapter.NAME}", f"--namespace={workloads.NAMESPACE}")
        self.cluster.kubectl.run(*gone)

    def bring_back(self) -> None:
        """Start the adapter again; returns when it answers."""
        self._scale(1)
        self.wait()

    def wait(self) -> None:
        """Return when both are up and the API server knows it."""
        for name in (prometheus.NAME, adapter.NAME):
            self.cluster.kubectl.rolled_out(f"deployment/{name}", namespace=workloads.NAMESPACE, timeout_s=START_S)
        for group, version in adapter.APIS.items():
            self.cluster.kubectl.wait("condition=Available", f"apiservice/{version}.{group}", timeout_s=START_S)

    def ask(self, expression: str) -> dict[str, float]:
        """The values of a PromQL expression, by their pod; of series without one the name is empty."""
        found = json.loads(self.cluster.kubectl.run("get", "--raw", QUERY + quote(expression)))["data"]["result"]
        return {one["metric"].get("pod", ""): float(one["value"][1]) for one in found}

    def _scale(self, replicas: int) -> None:
        name = f"deployment/{adapter.NAME}"
        self.cluster.kubectl.run("scale", name, f"--replicas={replicas}", "-n", workloads.NAMESPACE)


def adapter_archive(settings: ClusterSettings, images: ImageBuilder, say: Callable[[str], None]) -> Path:
    """The archive of prometheus-adapter's image, built where the cache lacks it."""
    folder = Builder(settings.cache_dir / "kit", Go.find(), say).ensure(PROMETHEUS_ADAPTER)
    return program_image(images, ADAPTER_IMAGE, folder / "prometheus-adapter")


def monitored(release: str, namespace: str, values: Values) -> tuple[list[Object], list[Object]]:
    """How to scrape a release and its groups of rules, out of what the chart renders for the Prometheus Operator."""
    rendered = [
        one
        for one in yaml.safe_load_all(
            helm("template", release, str(CHART), "--namespace", namespace, values={**values, **MONITORING})
        )
        if one
    ]
    monitors = [one for one in rendered if one["kind"] in {"ServiceMonitor", "PodMonitor"}]
    groups = [group for one in rendered if one["kind"] == "PrometheusRule" for group in one["spec"]["groups"]]
    return [scrape_config(one, namespace) for one in monitors], groups


def objects(cluster: Cluster, scrape: Sequence[Object], groups: Sequence[Object]) -> Iterable[Object]:
    """All that the pipeline is made of."""
    rules = (CHART / "files" / "prometheus-adapter-rules.yaml").read_text()
    nodes = cluster.kubectl.get("nodes")["items"]
    yield workloads.namespace()
    yield from prometheus.objects(prometheus.image().name, scrape, nodes, groups)
    yield from adapter.objects(ADAPTER_IMAGE, rules)
