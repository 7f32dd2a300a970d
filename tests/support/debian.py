"""Programs of Debian's packages, unpacked into the user's cache without installing them."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import platformdirs
import pytest
from filelock import FileLock


def unpacked(name: str, packages: Sequence[str]) -> Path:
    """The folder of a program's packages, fetched once; skips the test where there is no apt-get."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        pytest.skip(f"There is no {name} here, and no apt-get to fetch Debian's.")
    cache = platformdirs.user_cache_path("trireme") / name
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "lock"):
        if not (cache / "root").exists():
            _unpack(cache, packages)
    return cache / "root"


def _unpack(cache: Path, packages: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        subprocess.run(["apt-get", "download", "-qq", *packages], check=True, cwd=folder, capture_output=True)
        for package in Path(folder).glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, Path(folder) / "root"], check=True, cwd=folder)
        (Path(folder) / "root").rename(cache / "root")
