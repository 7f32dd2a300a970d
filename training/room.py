"""Is there memory and disk enough for what is about to be done?"""

import shutil
from pathlib import Path

import psutil

from training.data.storage import storage_errors
from training.errors import MemoryShort, StorageFull

CGROUP = Path("/sys/fs/cgroup")
LIMITS = (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"))
"""Files of control groups v2 and v1: what a container may use, and what it uses."""


def check_memory(what: str, needed: int, cgroup: Path = CGROUP) -> None:
    """Raise `MemoryShort` unless so many bytes are free for `what`, which begins a sentence."""
    free = free_memory(cgroup)
    if needed > free:
        raise MemoryShort(
            f"{what} needs about {_size(needed)} of memory, and {_size(free)} are free; "
            "take fewer or smaller pictures or a smaller network, or end other programs."
        )


def check_disk(what: str, needed: int, folder: Path) -> None:
    """Raise `StorageFull` unless so many bytes are free in an existing folder for `what`, which begins a sentence."""
    with storage_errors(folder):
        free = shutil.disk_usage(folder).free
    if needed > free:
        raise StorageFull(f"{what} needs about {_size(needed)} in {folder}, and {_size(free)} are free.")


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
