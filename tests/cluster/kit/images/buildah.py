"""Buildah as root, with a storage of its own and no registry."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from tests.cluster.kit.images.builder import ImageSource
from tests.cluster.kit.images.command import run_tool
from tests.cluster.kit.packages import SEARCH

BASE = "docker.io/library/python:3.11-slim-bookworm"
BASE_SCRIPT = Path(__file__).with_name("base.sh")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PIP_CONFIGS = (Path.home() / ".config/pip/pip.conf", Path.home() / ".pip/pip.conf", Path("/etc/pip.conf"))
CONFIG = {
    "storage.conf": '[storage]\ndriver = "overlay"\ngraphroot = "{home}/storage"\nrunroot = "{home}/run"\n',
    # With no registry named, nothing is ever pulled.
    "registries.conf": "unqualified-search-registries = []\n",
}


class Buildah:
    """Builds ordinary Dockerfiles; `FROM python:3.11-slim-bookworm` means the stand-in made by `base.sh`."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def build(self, source: ImageSource) -> Path:
        """See `ImageBuilder.build`. One build at a time; the archive is written anew only when the image changed."""
        with self._locked():
            if "scratch" not in bases(source.dockerfile.read_text()):
                self._ensure_base()
            return self._export(source, self._build(source))

    def _build(self, source: ImageSource) -> str:
        """Build an image and give its id."""
        identity = self._home / "image-id"
        # A fixed time makes equal inputs equal images.
        flags = ["--pull-never", "--layers", "--force-rm", "--timestamp=0", f"--iidfile={identity}", *self._volumes()]
        self._run(["build", *flags, *source.flags], f"Building {source.name}")
        return identity.read_text().strip().removeprefix("sha256:")

    def _ensure_base(self) -> None:
        marker = f"trireme.test/base:{hashlib.sha256(BASE_SCRIPT.read_bytes()).hexdigest()[:16]}"
        if marker not in self._run(["images", "--format={{.Name}}:{{.Tag}}"], "Listing images").split():
            # What a killed build left: nothing else uses this storage while the lock is held.
            self._run(["rm", "--all"], "Cleaning up")
            run_tool([str(BASE_SCRIPT), BASE, marker], "Making the Python base image", self._environment())

    def _export(self, source: ImageSource, identity: str) -> Path:
        archives = self._home / "archives"
        archives.mkdir(exist_ok=True)
        archive = archives / f"{source.slug}-{identity[:12]}.tar"
        if not archive.exists():
            partial = archive.with_suffix(".partial")
            partial.unlink(missing_ok=True)
            self._run(["push", source.name, f"docker-archive:{partial}:{source.name}"], f"Saving {source.name}")
            for older in archives.glob(f"{source.slug}-{'?' * 12}.tar"):
                older.unlink()
            partial.rename(archive)
        return archive

    def _volumes(self) -> Iterator[str]:
        """This machine's certificates and pip configuration, for RUN only: nothing of them stays in the image."""
        yield f"--volume={CERTIFICATES}:{CERTIFICATES}:ro"
        for config in PIP_CONFIGS:
            if config.exists():
                yield f"--volume={config}:/etc/pip.conf:ro"
                return

    def _run(self, arguments: list[str], what: str) -> str:
        return run_tool(["buildah", *arguments], what, self._environment())

    def _locked(self) -> FileLock:
        self._home.mkdir(parents=True, exist_ok=True)
        for name, text in CONFIG.items():
            (self._home / name).write_text(text.format(home=self._home))
        return FileLock(self._home / ".lock")

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PATH": SEARCH,
            # A chroot needs neither a runtime nor a network of its own.
            "BUILDAH_ISOLATION": "chroot",
            "CONTAINERS_STORAGE_CONF": str(self._home / "storage.conf"),
            "CONTAINERS_REGISTRIES_CONF": str(self._home / "registries.conf"),
            "REGISTRIES_CONFIG_PATH": str(self._home / "registries.conf"),
        }


def bases(dockerfile: str) -> set[str]:
    """The images a Dockerfile starts from, as written."""
    lines = (line.split() for line in dockerfile.splitlines())
    return {words[1] for words in lines if len(words) > 1 and words[0].upper() == "FROM"}
