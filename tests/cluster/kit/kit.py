"""Everything a hermetic cluster is made of, built and cached: programs, images, KServe's manifests."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.kit.build import Builder
from tests.cluster.kit.images.builder import ImageBuilder, ImageSource
from tests.cluster.kit.kserve import KServe
from tests.cluster.kit.modules import CONTAINERD, KSERVE, KUBERNETES
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.kit.toolchain import Go

PROGRAM_DOCKERFILE = Path(__file__).parent / "images" / "program.Dockerfile"
# The versions of what is inside are the pins'; the tags are only names.
PAUSE, COREDNS, KSERVE_MANAGER = (f"trireme.test/{name}:1" for name in ("pause", "coredns", "kserve-manager"))


@dataclass(frozen=True)
class Kit:
    """Where the parts lie."""

    folders: tuple[Path, ...]
    """Folders of programs, for a PATH."""
    images: tuple[Path, ...]
    """Archives of the cluster's own images."""
    kserve: KServe

    def program(self, name: str) -> Path:
        """A program of the kit."""
        return next(folder / name for folder in self.folders if (folder / name).exists())


def make_kit(settings: ClusterSettings, images: ImageBuilder, say: Callable[[str], None]) -> Kit:
    """Build what the cache lacks; raises `ToolsMissing`, `BuildFailed` or `ImageFailed`."""
    builder = Builder(settings.cache_dir / "kit", Go.find(), say)
    kubernetes, containerd = builder.ensure(KUBERNETES), builder.ensure(CONTAINERD)
    manager, kserve = make_kserve(settings, images, say)
    own = (program_image(images, PAUSE, kubernetes / "pause"), program_image(images, COREDNS, kubernetes / "coredns"))
    return Kit((kubernetes, containerd), (*own, manager), kserve)


def make_kserve(settings: ClusterSettings, images: ImageBuilder, say: Callable[[str], None]) -> tuple[Path, KServe]:
    """Build KServe alone: its manager's image archive, and how to install it; raises as `make_kit`."""
    folder = Builder(settings.cache_dir / "kit", Go.find(), say).ensure(KSERVE)
    archive = program_image(images, KSERVE_MANAGER, folder / "kserve-manager")
    return archive, KServe(folder / "config", KSERVE.version, KSERVE_MANAGER)


def program_image(images: ImageBuilder, name: str, program: Path) -> Path:
    """The archive of an image that holds one static program; kept beside the program, as long-lived as it is."""
    recipe = hashlib.sha256(name.encode() + PROGRAM_DOCKERFILE.read_bytes()).hexdigest()[:8]
    archive = program.with_name(f"{program.name}-{recipe}.tar")
    if not archive.exists():
        built = images.build(ImageSource(name, PROGRAM_DOCKERFILE, program.parent, {"PROGRAM": program.name}))
        partial = archive.with_name(f".{archive.name}-{os.getpid()}")
        shutil.copyfile(built, partial)
        partial.rename(archive)
    return archive
