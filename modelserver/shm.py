"""The shared memory of Triton's stubs: names that tell whose a segment is, and sweeping what the dead left.

Triton names each segment `<prefix><uuid>`, and removes it only when it ends properly. Our prefix carries the server's
process: its PID namespace, PID and start time, so that a segment is ours to remove exactly when that process is gone.
Servers of other programs and of other containers that share /dev/shm are never touched. Uses the standard library
only: the guardian, which has to start fast, imports it.
"""

import contextlib
import os
import re
import shutil
from pathlib import Path

from modelserver.errors import SharedMemoryTooSmall

FOLDER = Path("/dev", "shm")
"""POSIX shared memory, where Triton puts its segments."""

_NAME = re.compile(r"^trireme-(?P<namespace>\d+)-(?P<pid>\d+)-(?P<start>\d+)-")


def prefix(pid: int) -> str:
    """The prefix of the segments of a process; raises `ProcessLookupError` where there is none."""
    return f"trireme-{_namespace()}-{pid}-{_stat(pid)[1]}-"


def sweep(of: str) -> int:
    """Remove all segments with a prefix that `prefix` gave; returns how many."""
    return _remove([path for path in FOLDER.iterdir() if path.name.startswith(of)]) if FOLDER.is_dir() else 0


def sweep_dead() -> int:
    """Remove the segments of our servers that no longer run; returns how many."""
    return _remove([path for path in FOLDER.iterdir() if _is_dead(path.name)]) if FOLDER.is_dir() else 0


def check_room(mib: int) -> None:
    """Raise `SharedMemoryTooSmall` unless /dev/shm is there, writable and has `mib` MiB free."""
    if not os.access(FOLDER, os.W_OK | os.X_OK):
        raise SharedMemoryTooSmall("Triton needs /dev/shm, which is missing or not writable here.")
    free = shutil.disk_usage(FOLDER).free // 2**20
    if free < mib:
        raise SharedMemoryTooSmall(
            f"The shared memory (/dev/shm) has {free} MiB free and Triton needs {mib} MiB; "
            "in a container, give it more with --shm-size."
        )


def _remove(paths: list[Path]) -> int:
    removed = 0
    for path in paths:
        # Another user's, or gone already: not ours to care for.
        with contextlib.suppress(OSError):
            path.unlink()
            removed += 1
    return removed


def _is_dead(name: str) -> bool:
    match = _NAME.match(name)
    if match is None or int(match["namespace"]) != _namespace():
        return False
    try:
        state, start = _stat(int(match["pid"]))
    except ProcessLookupError:
        return True
    return state in {"Z", "X"} or start != int(match["start"])


def _namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def _stat(pid: int) -> tuple[str, int]:
    """State and start time (clock ticks since boot, which unlike a PID is not reused), from proc(5)'s stat."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        raise ProcessLookupError(pid) from None
    # The name before the last bracket may hold anything; field 3 follows it.
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[19])
