"""The GPUs of this machine, as `nvidia-smi` reports them."""

import shutil
import subprocess
from typing import NamedTuple

MIB = 1024 * 1024
QUERY = ("nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits")
TIMEOUT_S = 5.0


class Gpus(NamedTuple):
    """All of them together; None where there is none."""

    share: float | None
    """Mean use, from 0 to 1."""
    memory_bytes: float | None


NONE = Gpus(None, None)


def look() -> Gpus:
    """How they stand now."""
    if shutil.which(QUERY[0]) is None:
        return NONE
    try:
        found = subprocess.run(QUERY, capture_output=True, text=True, timeout=TIMEOUT_S, check=True).stdout
        return parse(found)
    except (OSError, subprocess.SubprocessError, ValueError):
        return NONE


def parse(text: str) -> Gpus:
    """Its lines `percent, MiB`, one a GPU; raises `ValueError`."""
    lines = [tuple(map(float, line.split(","))) for line in text.splitlines() if line.strip()]
    if not lines:
        return NONE
    return Gpus(sum(one[0] for one in lines) / len(lines) / 100, sum(one[1] for one in lines) * MIB)
