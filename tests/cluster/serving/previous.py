"""An earlier revision of chart and gateway, out of the repository's history."""

import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.kit.images.builder import ImageSource
from tests.cluster.serving.images import HERE, ROOT

REVISION = "aa89a0b5"
"""The first chart with rollouts; its database is one step behind."""


@dataclass(frozen=True)
class Previous:
    """What an upgrade begins with."""

    chart: Path
    gateway: ImageSource
    """Built upon the present gateway's image, which has to be there."""


def previous(folder: Path) -> Previous:
    """Take it out of the history into a folder; skips the test in a clone that lacks the revision."""
    archive = folder / "previous.tar"
    git = ["git", "-C", str(ROOT), "archive", f"--output={archive}", REVISION, "helm/trireme", "contract", "gateway"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"This clone has no revision {REVISION}: {done.stderr.strip()}")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    dockerfile = HERE / "previous" / "Dockerfile"
    return Previous(folder / "helm" / "trireme", ImageSource("trireme.test/gateway:previous", dockerfile, folder))
