"""The Go toolchain of this machine."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.cluster.kit.errors import BuildFailed, ToolsMissing

NEEDED = (1, 26, 8)
# Static binaries that run in an image with nothing else; no workspace or flags of the person's own.
ENVIRONMENT = {"CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=readonly -buildvcs=false"}


@dataclass(frozen=True)
class Go:
    """A `go` command that is new enough."""

    program: str
    name: str
    """Version and platform, `go1.26.8 linux/amd64`."""

    @classmethod
    def find(cls) -> "Go":
        """The `go` of PATH; raises `ToolsMissing`."""
        wanted = ".".join(map(str, NEEDED))
        program = shutil.which("go")
        if program is None:
            raise ToolsMissing(
                f"The cluster's programs are built with Go {wanted} or newer, and there is no `go` here."
            )
        asked = [program, "env", "GOVERSION", "GOOS", "GOARCH"]
        version, system, machine = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
        if parse_version(version) < NEEDED:
            raise ToolsMissing(f"The cluster's programs need Go {wanted} or newer; this is {version}.")
        return cls(program, f"{version} {system}/{machine}")

    def run(self, arguments: Sequence[str], folder: Path, log: IO[str] | None = None) -> str:
        """Run `go ARGUMENTS` in a folder and give its output; raises `BuildFailed`."""
        try:
            done = subprocess.run(
                [self.program, *arguments],
                cwd=folder,
                env=environment(os.environ),
                stdout=log or subprocess.PIPE,
                stderr=subprocess.STDOUT if log else None,
                text=True,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            where = f"; its output is in {log.name}" if log else ""
            raise BuildFailed(f"`go {arguments[0]}` failed in {folder.name}{where}.") from error
        return done.stdout or ""


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment, with what makes builds alike everywhere."""
    return {**base, **ENVIRONMENT}


def parse_version(name: str) -> tuple[int, ...]:
    """`go1.26.8` → (1, 26, 8); a part that is no number (`devel`, `rc1`) counts as 0."""
    numbers = name.removeprefix("go").split("-")[0].split(".")
    return tuple(int(number) if number.isdigit() else 0 for number in numbers)
