"""kwok: nodes that nothing runs on, and pods there that say that they are ready."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.cluster.addons import workloads
from tests.cluster.kit.build import Builder
from tests.cluster.kit.images.builder import ImageBuilder
from tests.cluster.kit.kit import program_image
from tests.cluster.kit.kubectl import Object
from tests.cluster.kit.modules import KWOK
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.kit.toolchain import Go

NAME = "kwok"
IMAGE = "trireme.test/kwok:1"
ROLE = "trireme-kwok"
FAKE = "kwok.x-k8s.io/node"
PORT = 10247
CHANGES = ["get", "list", "watch", "create", "update", "patch", "delete"]


def archive(settings: ClusterSettings, images: ImageBuilder, say: Callable[[str], None]) -> Path:
    """The archive of its image, built where the cache lacks it."""
    folder = Builder(settings.cache_dir / "kit", Go.find(), say).ensure(KWOK)
    return program_image(images, IMAGE, folder / "kwok")


def objects() -> Iterator[Object]:
    """What to apply; it holds the nodes below and leaves all others alone."""
    rules = [
        {"apiGroups": [""], "resources": ["events", "pods"], "verbs": CHANGES},
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["nodes/status", "pods/status"], "verbs": ["update", "patch"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": CHANGES},
    ]
    yield workloads.namespace()
    yield workloads.cluster_role(ROLE, rules)
    yield from workloads.account(NAME, ROLE)
    yield workloads.workload(NAME, _pod())


def node(name: str, gpus: int = 0) -> Object:
    """A node, tainted so that only who asks for it comes; with GPUs also as such nodes usually are."""
    taints = [FAKE, *(["nvidia.com/gpu"] * bool(gpus))]
    room = {"cpu": "64", "memory": "512Gi", "pods": "110"} | ({"nvidia.com/gpu": str(gpus)} if gpus else {})
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {FAKE: "fake"},
            "labels": {"type": "kwok", "kubernetes.io/os": "linux"},
        },
        "spec": {"taints": [{"key": taint, "effect": "NoSchedule"} for taint in taints]},
        "status": {"capacity": room, "allocatable": room},
    }


def _pod() -> Object:
    container = {
        "name": NAME,
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "args": [
            "--manage-all-nodes=false",
            f"--manage-nodes-with-annotation-selector={FAKE}=fake",
            f"--server-address=0.0.0.0:{PORT}",
            f"--node-port={PORT}",
            # Else nodes that say nothing new are taken for lost after 50 s.
            "--node-lease-duration-seconds=40",
        ],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": PORT}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}},
        "env": [{"name": "HOME", "value": "/home"}],
        "volumeMounts": [{"name": "home", "mountPath": "/home"}],
    }
    return {
        "containers": [container],
        "volumes": [{"name": "home", "emptyDir": {}}],
        "terminationGracePeriodSeconds": 2,
    }
