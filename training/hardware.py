"""What the machine is, and which arithmetic trains fastest on it."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contract.target import CPUINFO, first_block

Precision = Literal["float32", "mixed_bfloat16"]

BFLOAT16_FLAGS = ("amx_bf16", "avx512_bf16")


@dataclass(frozen=True)
class Hardware:
    """A machine's processor."""

    model: str
    cores: int
    flags: frozenset[str]
    """Those of `BFLOAT16_FLAGS` that the processor has."""
    gpus: int = 0

    @property
    def precision(self) -> Precision:
        """The Keras policy to train in.

        bfloat16 pays on GPUs and with AMX. With avx512_bf16 alone it was 1.6 times slower than float32; see
        docs/training.md.
        """
        return "mixed_bfloat16" if self.gpus or "amx_bf16" in self.flags else "float32"

    def __str__(self) -> str:
        extras = [*sorted(self.flags), *([f"{self.gpus} GPU"] if self.gpus else [])]
        return ", ".join([self.model, f"{self.cores} cores", *extras])


def read_hardware(gpus: int = 0, cpuinfo: Path = CPUINFO) -> Hardware:
    """Describe this machine; `gpus` is how many TensorFlow sees."""
    fields = first_block(cpuinfo)
    flags = frozenset(fields.get("flags", "").split()) & set(BFLOAT16_FLAGS)
    model = fields.get("model name") or platform.processor() or platform.machine()
    return Hardware(model, len(os.sched_getaffinity(0)), flags, gpus)
