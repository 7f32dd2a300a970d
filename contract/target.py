"""A kind of machine, as far as it decides how fast an engine is and what exactly it answers.

Read from `/proc`, so that training, which tunes engines, and the model server, which runs them, see the same.
"""

import hashlib
from pathlib import Path

from contract.base import Document

CPUINFO = Path("/proc/cpuinfo")
NVIDIA = Path("/proc/driver/nvidia/gpus")
"""A folder for each NVIDIA GPU that the kernel's driver holds."""

FLAGS = ("amx_bf16", "amx_int8", "avx2", "avx512_bf16", "avx512_vnni", "avx512f", "avx_vnni")
"""The vector units that decide which arithmetic is fast, and how int8 sums saturate."""


class Target(Document):
    """What an engine can be tuned for: a processor, and a GPU where there is one.

    Virtual machines hide the processor's exact model, so the units that it has count as well. The number of cores
    doesn't: it changes how fast an engine is, not what it answers.
    """

    cpu: str
    """The processor's model, as the kernel names it."""
    flags: tuple[str, ...]
    """Those of `FLAGS` that the processor has, sorted."""
    gpu: str | None = None
    """The first GPU's model."""

    @property
    def name(self) -> str:
        """A short name that only equal targets share: the Triton configuration's, in `configs/<name>.pbtxt`."""
        return f"machine-{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]}"

    def __str__(self) -> str:
        return ", ".join([self.cpu, " ".join(self.flags) or "no wide vector units", *([self.gpu] if self.gpu else [])])


def read_target(cpuinfo: Path = CPUINFO, nvidia: Path = NVIDIA) -> Target:
    """This machine."""
    fields = first_block(cpuinfo)
    there = set(fields.get("flags", "").split())
    return Target(
        cpu=fields.get("model name", "unknown CPU"),
        flags=tuple(flag for flag in FLAGS if flag in there),
        gpu=_gpu(nvidia),
    )


def first_block(path: Path) -> dict[str, str]:
    """The `name : value` lines of a file of `/proc` up to its first empty line; empty where it can't be read."""
    try:
        first = path.read_text().split("\n\n", 1)[0]
    except OSError:
        return {}
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _gpu(nvidia: Path) -> str | None:
    found = sorted(nvidia.glob("*/information"))
    return first_block(found[0]).get("Model") if found else None
