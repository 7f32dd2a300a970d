"""Before a run starts: is there memory and disk enough for it?"""

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import keras
import psutil

from training.data.dataset import DataSet
from training.data.storage import storage_errors
from training.errors import MemoryShort, StorageFull

CGROUP = Path("/sys/fs/cgroup")
LIMITS = (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"))
"""Files of control groups v2 and v1: what a container may use, and what it uses."""

ACTIVATIONS, WEIGHTS, PICTURES, SPARE = 1.25, 12, 4, 300 * 2**20
"""Measured: all outputs of a batch once, for weights also gradients and optimiser, four copies of the pictures while an
epoch is augmented; a spare for what TensorFlow compiles."""
STATES, EXPORTS = 3 * 4, 50 * 2**20
"""On disk: the checkpoint, its successor and the best epoch, each of up to four copies of the weights; and the rest."""


@dataclass(frozen=True)
class Needs:
    """What a run will take, in bytes; an estimate on the safe side."""

    memory: int
    disk: int


def needs(model: keras.Model, data: DataSet, batch_size: int) -> Needs:
    """Estimate what training `model` (float32 or mixed) on `data` takes beyond what is loaded already."""
    outputs = sum(math.prod(size for size in layer.output.shape if size) for layer in model.layers)
    weights = 4 * model.count_params()
    memory = ACTIVATIONS * 4 * outputs * batch_size + WEIGHTS * weights + PICTURES * data.train.images.nbytes + SPARE
    return Needs(int(memory), STATES * weights + EXPORTS)


def check_room(needed: Needs, folder: Path, cgroup: Path = CGROUP) -> None:
    """Compare with what is free; raises `MemoryShort` or `StorageFull` before anything was done."""
    free = free_memory(cgroup)
    if needed.memory > free:
        raise MemoryShort(
            f"The run needs about {_size(needed.memory)} of memory, and {_size(free)} are free; "
            "take smaller pictures or a smaller network, or end other programs."
        )
    with storage_errors(folder):
        room = shutil.disk_usage(folder).free
    if needed.disk > room:
        raise StorageFull(f"The run needs about {_size(needed.disk)} in {folder}, and {_size(room)} are free.")


def free_memory(cgroup: Path = CGROUP) -> int:
    """Bytes that this process may still take: of the machine's memory, and of its container's."""
    machine: int = psutil.virtual_memory().available
    return min([machine, *(_left(cgroup / limit, cgroup / used) for limit, used in LIMITS)])


def _left(limit: Path, used: Path) -> int:
    try:
        return max(0, int(limit.read_text()) - int(used.read_text()))
    except (OSError, ValueError):  # no such control groups, or `max`: no limit
        return 2**63


def _size(count: float) -> str:
    return f"{count / 2**30:.1f} GiB"
