"""KEDA in the cluster: its operator, and what answers `external.metrics.k8s.io` for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import trustme
import yaml

from tests.cluster.addons import workloads
from tests.cluster.addons.adapter import api, reader
from tests.cluster.kit.build import Builder
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.images.builder import ImageBuilder
from tests.cluster.kit.kit import program_image
from tests.cluster.kit.kserve import established
from tests.cluster.kit.kubectl import Object, succeeds, wait_until
from tests.cluster.kit.modules import KEDA
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.kit.toolchain import Go

OPERATOR, ADAPTER = "keda-operator", "keda-adapter"
IMAGES = {name: f"trireme.test/{name}:1" for name in (OPERATOR, ADAPTER)}
CERTIFICATES = "keda-certificates"
GROUP, VERSION = "external.metrics.k8s.io", "v1beta1"
GRPC, HTTPS, HEALTH = 9666, 6443, 8081
HOST = f"{OPERATOR}.{workloads.NAMESPACE}.svc.cluster.local"
START_S = 180


def start(cluster: Cluster, settings: ClusterSettings, say: Callable[[str], None]) -> None:
    """Start KEDA; returns when it answers. Programs and images are built where the cache lacks them."""
    for archive in archives(settings, cluster.images, say):
        cluster.load(archive)
    folder = _programs(settings, say)
    cluster.kubectl.apply(_read(folder / "config" / "crd"))
    wait_until("The making of KEDA's kinds", lambda: succeeds(lambda: established(cluster.kubectl)), timeout_s=START_S)
    cluster.kubectl.apply(_objects(folder))
    for name in IMAGES:
        cluster.kubectl.rolled_out(f"deployment/{name}", namespace=workloads.NAMESPACE, timeout_s=START_S)
    cluster.kubectl.wait("condition=Available", f"apiservice/{VERSION}.{GROUP}", timeout_s=START_S)


def archives(settings: ClusterSettings, images: ImageBuilder, say: Callable[[str], None]) -> list[Path]:
    """The archives of its images, built where the cache lacks them."""
    folder = _programs(settings, say)
    return [program_image(images, image, folder / name) for name, image in IMAGES.items()]


def _programs(settings: ClusterSettings, say: Callable[[str], None]) -> Path:
    return Builder(settings.cache_dir / "kit", Go.find(), say).ensure(KEDA)


def _objects(folder: Path) -> Iterator[Object]:
    yield workloads.namespace()
    yield from _read(folder / "config" / "rbac")
    yield from workloads.account(OPERATOR)
    yield from workloads.account(ADAPTER, OPERATOR, "system:auth-delegator")
    yield reader(ADAPTER)
    yield _certificates()
    yield workloads.service(OPERATOR, GRPC, GRPC)
    yield workloads.workload(OPERATOR, _pod(OPERATOR, _operator_flags(), ("HTTP", HEALTH)))
    yield workloads.service(ADAPTER, 443, HTTPS)
    yield workloads.workload(ADAPTER, _pod(ADAPTER, _adapter_flags(), ("HTTPS", HTTPS)))
    yield api(GROUP, VERSION, ADAPTER)


def _read(folder: Path) -> Iterator[Object]:
    for path in sorted(folder.rglob("*.yaml")):
        for found in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader):
            if found and found["kind"] != "Kustomization":
                yield _placed(found)


def _placed(found: Object) -> Object:
    """Put it beside the other add-ons; KEDA's own namespace is `keda`."""
    if found["metadata"].get("namespace") == "keda":
        found["metadata"]["namespace"] = workloads.NAMESPACE
    for subject in found.get("subjects", ()):
        subject["namespace"] = workloads.NAMESPACE
    return found


def _certificates() -> Object:
    """By which the two know each other; KEDA makes its own elsewhere."""
    authority = trustme.CA()
    leaf = authority.issue_cert(HOST)
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems).decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": CERTIFICATES, "namespace": workloads.NAMESPACE},
        "stringData": {
            "ca.crt": authority.cert_pem.bytes().decode(),
            "tls.crt": chain,
            "tls.key": leaf.private_key_pem.bytes().decode(),
        },
    }


def _operator_flags() -> list[str]:
    return [
        "--metrics-bind-address=:8080",
        f"--health-probe-bind-address=:{HEALTH}",
        f"--metrics-service-bind-address=:{GRPC}",
        "--cert-dir=/certs",
        "--enable-cert-rotation=false",
        "--enable-webhook-patching=false",
    ]


def _adapter_flags() -> list[str]:
    return [
        f"--secure-port={HTTPS}",
        f"--metrics-service-address={HOST}:{GRPC}",
        "--cert-dir=/certs",
        "--tls-cert-file=/certs/tls.crt",
        "--tls-private-key-file=/certs/tls.key",
    ]


def _pod(name: str, flags: list[str], probe: tuple[str, int]) -> Object:
    scheme, port = probe
    settings = {
        "WATCH_NAMESPACE": "",
        "POD_NAMESPACE": workloads.NAMESPACE,
        "KEDA_CLUSTER_OBJECT_NAMESPACE": workloads.NAMESPACE,
    }
    container = {
        "name": name,
        "image": IMAGES[name],
        "imagePullPolicy": "IfNotPresent",
        "args": flags,
        "env": [{"name": key, "value": value} for key, value in settings.items()],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": port, "scheme": scheme}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}},
        "volumeMounts": [
            {"name": "certificates", "mountPath": "/certs", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - in a container
        ],
    }
    volumes = [{"name": "certificates", "secret": {"secretName": CERTIFICATES}}, {"name": "tmp", "emptyDir": {}}]
    return {"containers": [container], "volumes": volumes, "terminationGracePeriodSeconds": 2}
