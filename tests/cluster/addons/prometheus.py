"""Prometheus in the cluster: Debian's, with a discovery of its own."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from tests.cluster.addons import workloads
from tests.cluster.addons.monitors import TARGETS
from tests.cluster.kit.images.builder import ImageSource
from tests.cluster.kit.kubectl import Object
from tests.support.debian import unpacked

NAME = "prometheus"
PORT = 9090
ADDRESS = f"http://{NAME}.{workloads.NAMESPACE}.svc.cluster.local:{PORT}"
HERE = Path(__file__).parent
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"
ROLE = "trireme-prometheus"


def image() -> ImageSource:
    """The image to build, out of Debian's package; skips the test where there is no apt-get to fetch it."""
    root = unpacked("prometheus", ["prometheus"])
    return ImageSource("trireme.test/prometheus:1", HERE / "images" / "prometheus" / "Dockerfile", root)


def objects(
    image_name: str, scrape: Sequence[Object], nodes: Sequence[Object], groups: Sequence[Object]
) -> Iterator[Object]:
    """What to apply: `scrape` are scrape configurations, `nodes` the cluster's, whose kubelets know what pods use."""
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
    ]
    yield workloads.cluster_role(ROLE, rules)
    yield from workloads.account(NAME, ROLE)
    config = workloads.config_map(NAME, _files([*scrape, _kubelets(nodes)], groups))
    yield config
    yield workloads.service(NAME, PORT, PORT)
    yield workloads.workload(NAME, _pod(image_name), config)


def _files(scrape: Sequence[Object], groups: Sequence[Object]) -> dict[str, str]:
    config = {
        "global": {"evaluation_interval": "2s"},
        "scrape_configs": scrape,
        "rule_files": ["/etc/prometheus/rules.yaml"],
    }
    return {
        "prometheus.yaml": yaml.safe_dump(config),
        "rules.yaml": yaml.safe_dump({"groups": list(groups)}),
        "discover.py": (HERE / "discover.py").read_text(),
    }


def _kubelets(nodes: Sequence[Object]) -> Object:
    """What containers use, from each kubelet."""
    return {
        "job_name": "kubelets",
        "scheme": "https",
        "metrics_path": "/metrics/resource",
        "scrape_interval": "5s",
        "authorization": {"credentials_file": TOKEN},
        "tls_config": {"insecure_skip_verify": True},
        "static_configs": [
            {"targets": [f"{address}:10250"], "labels": {"node": node["metadata"]["name"]}}
            for node in nodes
            for address in _addresses(node)
        ],
    }


def _addresses(node: Object) -> list[str]:
    """Where its kubelet is; a fake node has none."""
    return [one["address"] for one in node["status"].get("addresses", ()) if one["type"] == "InternalIP"]


def _pod(image_name: str) -> Object:
    server = _container("prometheus", image_name, ["prometheus", *_flags()])
    server["readinessProbe"] = {"httpGet": {"path": "/-/ready", "port": PORT}, "periodSeconds": 1}
    discovery = _container("discovery", image_name, ["python", "/etc/prometheus/discover.py", TARGETS])
    return {
        "containers": [server, discovery],
        "terminationGracePeriodSeconds": 2,
        "volumes": [
            {"name": "config", "configMap": {"name": NAME}},
            {"name": "targets", "emptyDir": {}},
            {"name": "data", "emptyDir": {}},
        ],
    }


def _flags() -> list[str]:
    return [
        "--config.file=/etc/prometheus/prometheus.yaml",
        "--storage.tsdb.path=/data",
        f"--web.listen-address=:{PORT}",
    ]


def _container(name: str, image_name: str, command: list[str]) -> Object:
    return {
        "name": name,
        "image": image_name,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}},
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/prometheus"},
            {"name": "targets", "mountPath": "/targets"},
            {"name": "data", "mountPath": "/data"},
        ],
    }
