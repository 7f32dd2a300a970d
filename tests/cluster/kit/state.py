"""A cluster's folder on the disk, and the lock that says whether it lives."""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class State:
    """What a cluster keeps, under `<clusters>/<name>/`; the lock lies beside it and outlives it."""

    clusters: Path
    name: str

    @property
    def root(self) -> Path:
        """The folder; gone when the cluster is gone."""
        return self.clusters / self.name

    @property
    def lock(self) -> Path:
        """Held by the keeper as long as the cluster lives."""
        return self.clusters / f"{self.name}.lock"

    @property
    def failure_logs(self) -> Path:
        """Logs of the last cluster that ended by itself or never got ready."""
        return self.clusters / "failed.logs"

    @property
    def logs(self) -> Path:
        """One log a daemon."""
        return self.root / "log"

    @property
    def kubeconfig(self) -> Path:
        """An administrator's, for use from outside."""
        return self.root / "admin.kubeconfig"

    @property
    def inside_kubeconfig(self) -> Path:
        """An administrator's, for use inside the cluster's network."""
        return self.root / "inside.kubeconfig"

    @property
    def init_pid(self) -> Path:
        """The first process of the namespaces, as the machine counts processes."""
        return self.root / "init.pid"

    @property
    def keeper_pid(self) -> Path:
        """The process to ask for the end."""
        return self.root / "keeper.pid"

    @property
    def ready(self) -> Path:
        """Exists once the cluster was made ready."""
        return self.root / "ready"


def try_lock(state: State) -> int | None:
    """Take the cluster's lock; gives the descriptor that holds it, or nothing where the cluster lives."""
    state.clusters.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(state.lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if _still_named(descriptor, state.lock):
            return descriptor
        os.close(descriptor)


def drop_lock(state: State, descriptor: int) -> None:
    """Remove the lock file, then let go of it: whoever waits with the old file sees that it's no longer the one."""
    state.lock.unlink(missing_ok=True)
    os.close(descriptor)


def all_states(clusters: Path) -> Iterator[State]:
    """Every cluster that has a folder, alive or not."""
    for path in sorted(clusters.glob("*/")):
        if path.suffix != ".logs":
            yield State(clusters, path.name)


def _still_named(descriptor: int, path: Path) -> bool:
    try:
        return os.fstat(descriptor).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False
