"""How much of the processors' time servers take: on a busy machine it says more than a clock."""

from collections.abc import Iterable

import psutil


def seconds(pids: Iterable[int]) -> float:
    """Seconds that these processes and all their children have computed so far, on all processors together."""
    return sum(map(_own, family(pids)))


def family(pids: Iterable[int]) -> set[psutil.Process]:
    """These processes and all their children."""
    parents = map(psutil.Process, pids)
    return {child for parent in parents for child in (parent, *parent.children(recursive=True))}


def _own(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # it has just ended
        return 0.0
    return float(times.user + times.system)
