"""Holding processes to a share of the processors: by control groups of Linux, of either version, as Kubernetes does."""

import contextlib
import os
import re
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Protocol

import psutil

from loadtest.errors import LimitImpossible

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 100_000
"""Kubernetes' own."""


class Limit(Protocol):
    """A share for one group of processes."""

    how: str

    def hold(self, pids: Iterable[int]) -> None:
        """Hold these processes, and all that they start from now on, to it."""
        ...

    def close(self) -> None:
        """End it, when the processes have ended."""
        ...


class Unlimited:
    """No limit."""

    how = "not limited"

    def hold(self, pids: Iterable[int]) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


class Quota:
    """A control group that may compute so long in each period."""

    def __init__(self, folder: Path, cpus: float, files: Sequence[tuple[str, str]]) -> None:
        _sweep(folder.parent)
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self.how = f"{cpus:g} processors each, by a control group"
        try:
            for name, text in files:
                (folder / name).write_text(text)
        except OSError:
            self.close()
            raise

    def hold(self, pids: Iterable[int]) -> None:
        """Put them into the group."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                (self._folder / "cgroup.procs").write_text(str(pid))

    def close(self) -> None:
        """Remove the group."""
        with contextlib.suppress(OSError):
            self._folder.rmdir()


def _sweep(parent: Path) -> None:
    """Remove groups that runs left which were killed: only an empty one can be removed."""
    for group in parent.glob("trireme-*"):
        owner = re.fullmatch(r"trireme-(\d+)-\d+", group.name)
        if owner is not None and not psutil.pid_exists(int(owner[1])):
            with contextlib.suppress(OSError):
                group.rmdir()


class Pinned:
    """Whole processors of its own."""

    def __init__(self, processors: Sequence[int]) -> None:
        self._processors = processors
        self.how = f"pinned to {len(processors)} processors each"

    def hold(self, pids: Iterable[int]) -> None:
        """Pin every thread."""
        for pid in pids:
            for task in Path(f"/proc/{pid}/task").glob("*"):
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(int(task.name), self._processors)

    def close(self) -> None:
        """Nothing to do."""


def limit(cpus: float | None, number: int, *, root: Path = ROOT) -> Limit:
    """A share for replica `number`, from 0: a quota where control groups can be written, else whole processors.

    Raises `LimitImpossible`.
    """
    if cpus is None:
        return Unlimited()
    name, quota = f"trireme-{os.getpid()}-{number}", str(int(cpus * PERIOD_US))
    with contextlib.suppress(OSError):
        if (root / "cpu" / "cpu.shares").exists():
            files = [("cpu.cfs_period_us", str(PERIOD_US)), ("cpu.cfs_quota_us", quota)]
            return Quota(root / "cpu" / name, cpus, files)
        if "cpu" in (root / "cgroup.controllers").read_text().split():
            (root / "cgroup.subtree_control").write_text("+cpu")
            return Quota(root / name, cpus, [("cpu.max", f"{quota} {PERIOD_US}")])
    return _pinned(cpus, number)


def _pinned(cpus: float, number: int) -> Pinned:
    each, there = ceil(cpus), sorted(os.sched_getaffinity(0))
    mine = there[number * each : (number + 1) * each]
    if each != cpus or len(mine) < each:
        raise LimitImpossible(
            f"A replica can't be held to {cpus:g} processors here: run as root on Linux with a writable "
            "/sys/fs/cgroup, or leave `cpus` out of the plan."
        )
    return Pinned(mine)
