"""The processes in which Triton runs Python-based models, found through /proc."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

STUB = "triton_python_backend_stub"


def stubs(guardian: int, name: str) -> list[int]:
    """PIDs of the stubs of the model `name` among the descendants of a guardian."""
    instance = re.compile(rf"{re.escape(name)}_\d+_\d+")
    return [pid for pid in descendants(guardian) if _is_stub(_command(pid), instance)]


def kill(guardian: int, name: str) -> int:
    """Kill the stubs of a model, which makes its requests fail instead of hang; returns how many there were."""
    found = stubs(guardian, name)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(found)


def descendants(root: int) -> list[int]:
    """PIDs of the children of a process, their children, and so on."""
    parents = dict(_parents())
    found, ring = [], {root}
    while ring := {pid for pid, parent in parents.items() if parent in ring}:
        found.extend(sorted(ring))
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            # A process may end while we look.
            with contextlib.suppress(OSError):
                text = (folder / "stat").read_text(errors="replace")
                yield int(folder.name), int(text.rpartition(")")[2].split()[1])


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return []


def _is_stub(command: list[str], instance: re.Pattern[str]) -> bool:
    return bool(command) and Path(command[0]).name == STUB and any(instance.fullmatch(part) for part in command[1:])
