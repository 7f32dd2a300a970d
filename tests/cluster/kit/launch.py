"""Starting and ending hermetic clusters: the side that asks the keeper."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.cluster.kit.errors import ClusterAbsent, ClusterRunning
from tests.cluster.kit.keeper import remove
from tests.cluster.kit.packages import SEARCH
from tests.cluster.kit.prepare import prepare
from tests.cluster.kit.state import State, all_states, drop_lock, try_lock

REPOSITORY = Path(__file__).parents[3]
STOP_S = 60


def launch(state: State, programs: tuple[Path, ...], *, tethered: bool) -> subprocess.Popen[bytes]:
    """Start a cluster's keeper; its API server is yet to come up.

    Args:
        state: The cluster to be.
        programs: Folders of the kit's programs.
        tethered: The cluster ends with this process, or when the result's standard input is closed; otherwise it
            lives until it's asked to stop.

    Raises:
        ClusterRunning: There is a cluster of this name.
    """
    sweep(state.clusters)
    lock = try_lock(state)
    if lock is None:
        raise ClusterRunning(f"The cluster {state.name!r} is already up: end it first (`make cluster-down`).")
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            prepare(state, listener.getsockname()[1])
            keeper = _spawn(state, programs, lock, listener.fileno(), tethered=tethered)
    except BaseException:
        remove(state)
        drop_lock(state, lock)
        raise
    os.close(lock)  # The keeper holds it now.
    return keeper


def stop(state: State) -> None:
    """End a cluster, and return when nothing of it is left; raises `ClusterAbsent`."""
    lock = try_lock(state)
    if lock is not None:
        _clear(state, lock)
        raise ClusterAbsent(f"No cluster {state.name!r} is up.")
    os.kill(int(state.keeper_pid.read_text()), signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    while (lock := try_lock(state)) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if lock is not None:
        _clear(state, lock)


def running(state: State) -> bool:
    """Whether a keeper holds this cluster."""
    lock = try_lock(state)
    if lock is not None:
        drop_lock(state, lock)
    return lock is None


def sweep(clusters: Path) -> None:
    """Remove what killed keepers left behind; living clusters hold their lock and are left alone."""
    for state in all_states(clusters):
        lock = try_lock(state)
        if lock is not None:
            _clear(state, lock)


def _clear(state: State, lock: int) -> None:
    if state.root.exists():
        remove(state)
    drop_lock(state, lock)


def _spawn(
    state: State, programs: tuple[Path, ...], lock: int, listener: int, *, tethered: bool
) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "tests.cluster.kit.keeper",
        str(state.clusters),
        state.name,
        str(lock),
        str(listener),
    ]
    with (state.logs / "keeper.log").open("wb") as log:
        return subprocess.Popen(
            [*command, *(["--tethered"] if tethered else [])],
            cwd=REPOSITORY,
            env=daemon_environment(programs),
            stdin=subprocess.PIPE if tethered else subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[lock, listener],
            # Out of reach of the terminal's Ctrl-C and of a kill of the caller's process group.
            start_new_session=True,
        )


def daemon_environment(programs: tuple[Path, ...]) -> dict[str, str]:
    """What daemons see: no proxy, no credential, nothing else of the caller's."""
    path = os.pathsep.join([*map(str, programs), SEARCH])
    return {"PATH": path, "HOME": "/root", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
