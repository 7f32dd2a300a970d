"""The machine on which something was measured, in one line."""

import os
from pathlib import Path

FLAGS = ("amx_bf16", "amx_int8", "avx512_bf16", "avx512f", "avx2")


def describe(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """CPU model, usable cores, and the vector units that decide how fast networks run."""
    fields = dict(_field(line) for line in cpuinfo.read_text().splitlines() if ":" in line)
    there = set(fields.get("flags", "").split())
    flags = " ".join(flag for flag in FLAGS if flag in there) or "no wide vector units"
    return f"{fields.get('model name', 'unknown CPU')}, {len(os.sched_getaffinity(0))} cores, {flags}"


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
