"""The Debian packages of `packages.txt`: which are missing, and how to install them."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.cluster.kit.errors import ToolsMissing

LIST = Path(__file__).with_name("packages.txt")
# Debian keeps administrators' programs out of an ordinary user's PATH.
SEARCH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
INSTALL = "make cluster-deps"


def required(text: str) -> dict[str, str]:
    """Package → what shows that it's there, from the text of `packages.txt`."""
    lines = (line.split("#")[0].split() for line in text.splitlines())
    return {fields[0]: fields[1] for fields in lines if fields}


def missing(packages: dict[str, str]) -> list[str]:
    """The packages that are not here."""
    return [package for package, sign in packages.items() if not _present(sign)]


def check_packages() -> None:
    """Raise `ToolsMissing`, which names every missing package."""
    absent = missing(required(LIST.read_text()))
    if absent:
        raise ToolsMissing(f"The hermetic cluster needs {named(absent)} from Debian: run `{INSTALL}` as root.")


def install_packages() -> list[str]:
    """Install what is missing with apt-get, as root; gives the packages. Raises `ToolsMissing` where apt-get fails."""
    absent = missing(required(LIST.read_text()))
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        if absent:
            subprocess.run(["apt-get", "update", "-qq"], check=True)
            install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *absent]
            subprocess.run(install, check=True, env=environment, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ToolsMissing(f"apt-get couldn't install {named(absent)}; it has to run as root, on Debian.") from error
    return absent


def _present(sign: str) -> bool:
    return Path(sign).exists() if sign.startswith("/") else shutil.which(sign, path=SEARCH) is not None


def named(packages: Iterable[str]) -> str:
    """`a, b and c`."""
    *most, last = packages
    return f"{', '.join(most)} and {last}" if most else last
