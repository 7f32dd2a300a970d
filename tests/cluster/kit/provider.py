"""Choosing where the suite's cluster comes from."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path

from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.errors import ImageFailed, KitError, PlatformUnfit
from tests.cluster.kit.hermetic import Hermetic
from tests.cluster.kit.images.buildah import Buildah
from tests.cluster.kit.images.builder import ImageBuilder
from tests.cluster.kit.images.command import run_tool
from tests.cluster.kit.images.docker import Docker
from tests.cluster.kit.kind import check_kind, start_kind
from tests.cluster.kit.kubectl import Kubectl
from tests.cluster.kit.machine import check_machine
from tests.cluster.kit.settings import ClusterSettings

UP = "default"
"""The name of the cluster people start by hand."""
CRD = "crd/inferenceservices.serving.kserve.io"


def provide(settings: ClusterSettings, say: Callable[[str], None]) -> Cluster:
    """Give the suite its cluster, ready; it ends with this process at the latest, unless it's someone else's.

    Raises:
        PlatformUnfit: Or `ToolsMissing`: no cluster can be had here, and why.
        KitError: One could, but didn't come up.
    """
    name = f"suite-{os.getpid()}"
    source = chosen(settings) if settings.source == "auto" else settings.source
    if source == "existing":
        return existing(settings)
    if source == "kind":
        return start_kind(settings, f"trireme-{name}", say)
    clusters = Hermetic(settings, say)
    return clusters.attach(UP) if source == "up" else clusters.start(name, tethered=True)


def chosen(settings: ClusterSettings) -> str:
    """`kit` or `kind`, whichever this machine can hold; raises `PlatformUnfit` with what both lack."""
    try:
        check_machine()
    except KitError as unfit:
        try:
            check_kind()
        except KitError as also:
            raise PlatformUnfit(f"{unfit} {also}") from None
        return "kind"
    return "kit"


def existing(settings: ClusterSettings) -> Cluster:
    """The cluster of KUBECONFIG, which has to have KServe; raises `PlatformUnfit`."""
    given = os.environ.get("KUBECONFIG")
    if not given:
        raise PlatformUnfit("TRIREME_CLUSTER=existing needs KUBECONFIG to name the cluster's file.")
    kubectl = Kubectl("kubectl", Path(given))
    try:
        kubectl.get(CRD)
    except (KitError, OSError):
        raise PlatformUnfit("The cluster of KUBECONFIG doesn't answer or has no KServe.") from None
    return Cluster(kubectl, builder(settings), lambda archive: load(settings.image_load, archive))


def builder(settings: ClusterSettings) -> ImageBuilder:
    """Docker where its engine runs, else Buildah."""
    try:
        check_kind()
    except KitError:
        return Buildah(settings.cache_dir / "images")
    return Docker(settings.cache_dir / "images" / "docker")


def load(template: str, archive: Path) -> None:
    """Load an archive by the command the person gave; raises `ImageFailed`."""
    if "{archive}" not in template:
        raise ImageFailed(
            "Images can't be loaded: TRIREME_CLUSTER_IMAGE_LOAD has to be a command with {archive} in it."
        )
    run_tool([word.replace("{archive}", str(archive)) for word in shlex.split(template)], f"Loading {archive.name}")
