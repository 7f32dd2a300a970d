"""A cluster in Docker, made by kind, with the KServe that the kit builds."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.errors import PlatformUnfit
from tests.cluster.kit.images.command import run_tool
from tests.cluster.kit.images.docker import Docker
from tests.cluster.kit.kit import make_kserve
from tests.cluster.kit.kubectl import Kubectl
from tests.cluster.kit.settings import ClusterSettings


def check_kind() -> None:
    """Raise `PlatformUnfit` where kind, kubectl or a Docker engine that runs is missing."""
    programs = ("docker", "kind", "kubectl")
    if (
        not all(map(shutil.which, programs))
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        raise PlatformUnfit("A cluster in Docker needs a running Docker engine, kind and kubectl.")


def start_kind(settings: ClusterSettings, name: str, say: Callable[[str], None]) -> Cluster:
    """Make a kind cluster with KServe and return when it's ready; raises a `KitError`, and then nothing is left."""
    check_kind()
    images = Docker(settings.cache_dir / "images" / "docker")
    archive, kserve = make_kserve(settings, images, say)
    kubeconfig = settings.state_dir / "kind" / f"{name}.kubeconfig"
    kubeconfig.parent.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(Kubectl("kubectl", kubeconfig), images, lambda path: load(name, path), lambda: delete(name))
    create = ["kind", "create", "cluster", f"--name={name}", f"--kubeconfig={kubeconfig}", "--wait=180s"]
    try:
        run_tool(create, "Making the kind cluster")
        cluster.load(archive)
        kserve.install(cluster.kubectl, settings.ready_timeout_s)
    except BaseException:
        cluster.stop()
        raise
    return cluster


def load(name: str, archive: Path) -> None:
    """Load an archive's images into every node; raises `ImageFailed`."""
    run_tool(["kind", "load", "image-archive", str(archive), f"--name={name}"], f"Loading {archive.name}")


def delete(name: str) -> None:
    """End the cluster."""
    run_tool(["kind", "delete", "cluster", f"--name={name}"], "Ending the kind cluster")
