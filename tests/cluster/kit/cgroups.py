"""Control groups: each cluster's pods under one of their own, so that clusters and the machine don't meet."""

import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def group_name(cluster: str) -> str:
    """The control group of a cluster, as the kubelet's `cgroupRoot` wants it."""
    return f"/trireme-{cluster}"


def make_groups(cluster: str, root: Path = ROOT) -> None:
    """Make the cluster's group in every hierarchy."""
    for hierarchy in hierarchies(root):
        (hierarchy / group_name(cluster)[1:]).mkdir(exist_ok=True)


def remove_groups(cluster: str, root: Path = ROOT, *, patience_s: float = 10) -> None:
    """Remove the cluster's groups, deepest first; a group whose processes are still ending is tried again.

    What is left after `patience_s` seconds stays; the next cluster of that name takes it over.
    """
    deadline = time.monotonic() + patience_s
    while (busy := [group for group in _groups(cluster, root) if not _remove(group)]) and time.monotonic() < deadline:
        time.sleep(0.05 if len(busy) < 20 else 0.2)


def hierarchies(root: Path = ROOT) -> list[Path]:
    """The mounted hierarchies: one for version 2, one a controller for version 1."""
    if (root / "cgroup.controllers").exists():
        return [root]
    return sorted(path.parent for path in root.glob("*/cgroup.procs") if not path.parent.is_symlink())


def _groups(cluster: str, root: Path) -> Iterator[Path]:
    for hierarchy in hierarchies(root):
        top = hierarchy / group_name(cluster)[1:]
        if top.is_dir():
            yield from sorted((path for path in top.rglob("*/")), key=lambda path: -len(path.parts))
            yield top


def _remove(group: Path) -> bool:
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
