"""Prometheus' own checker of rules: the one on PATH, or Debian's."""

import shutil
import subprocess
from pathlib import Path

from tests.support.debian import unpacked


def promtool(*arguments: str | Path) -> str:
    """What it prints; an assertion fails where it is not content."""
    program = shutil.which("promtool") or str(unpacked("prometheus", ["prometheus"]) / "usr/bin/promtool")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
