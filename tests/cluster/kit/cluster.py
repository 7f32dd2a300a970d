"""A cluster, as tests and people use it: kubectl, a way to load images, and an end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.kit.images.builder import ImageBuilder, ImageSource
from tests.cluster.kit.kubectl import Kubectl


def nothing() -> None:
    """Stop nothing: the cluster is someone else's."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster with KServe."""

    kubectl: Kubectl
    images: ImageBuilder
    load: Callable[[Path], None]
    """Makes an image archive's images known to the cluster's nodes; raises `ImageFailed`."""
    stop: Callable[[], None] = nothing
    loaded: set[tuple[Path, int]] = field(default_factory=set, compare=False)
    """Archives that were loaded already, with the time at which each was written."""

    @property
    def kubeconfig(self) -> Path:
        """For other tools, as KUBECONFIG."""
        return self.kubectl.kubeconfig

    def build_and_load(self, source: ImageSource) -> str:
        """Build a Dockerfile and load the image; gives the name pods use. Raises `ImageFailed`."""
        archive = self.images.build(source)
        written = archive, archive.stat().st_mtime_ns
        if written not in self.loaded:
            self.load(archive)
            self.loaded.add(written)
        return source.name
