"""The process that holds a cluster: starts its namespaces, and when it's over removes every trace.

It's over when the keeper is asked to stop (SIGTERM), when the suite that started it is gone (its end of a pipe closes,
even by SIGKILL), or when a daemon of the cluster ended. Should the keeper itself be killed, the kernel ends the
cluster, and the next start removes what lies about.
usage: python -m tests.cluster.kit.keeper CLUSTERS NAME LOCK SOCKET [--tethered]
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from contract.ending import Ending, ending
from tests.cluster.kit.cgroups import make_groups, remove_groups
from tests.cluster.kit.state import State, drop_lock

# The kernel kills `unshare` with the keeper, and the first process inside with `unshare`.
NAMESPACES = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc"),
)


def main(state: State, lock: int, listener: int, *, tethered: bool) -> None:
    """Keep the cluster until it's over."""
    with ending() as asked:
        state.keeper_pid.write_text(str(os.getpid()))
        process = None
        try:
            make_groups(state.name)
            process = start_namespaces(state, listener)
            wait(process, asked, tethered=tethered)
        finally:
            if process is not None:
                end(process, state)
            remove(state)
            drop_lock(state, lock)


def start_namespaces(state: State, listener: int) -> subprocess.Popen[bytes]:
    """Start the first process of the cluster, and note who it is."""
    init = [sys.executable, "-m", "tests.cluster.kit.init", str(state.root), str(listener)]
    process = subprocess.Popen([*NAMESPACES, *init], stdin=subprocess.DEVNULL, pass_fds=[listener])
    while process.poll() is None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if children:
            state.init_pid.write_text(children[0])
            break
        time.sleep(0.01)
    return process


def wait(process: subprocess.Popen[bytes], asked: Ending, *, tethered: bool) -> None:
    """Return when the cluster ended or is to end or, where tethered, standard input is closed at its other end."""
    ends = [os.pidfd_open(process.pid), asked.fileno()]
    select.select([*ends, sys.stdin.fileno()] if tethered else ends, [], [])


def end(process: subprocess.Popen[bytes], state: State) -> None:
    """Kill the cluster and return when its last process is gone; keeps the logs of one that failed."""
    if process.poll() is not None or not state.ready.exists():
        shutil.rmtree(state.failure_logs, ignore_errors=True)
        shutil.copytree(state.logs, state.failure_logs)
    try:
        # The kernel reports the first process's end only after all others of its namespace.
        init = os.pidfd_open(int(state.init_pid.read_text()))
        signal.pidfd_send_signal(init, signal.SIGKILL)
        select.select([init], [], [])
    except (OSError, ValueError):
        pass
    process.kill()
    process.wait()


def remove(state: State) -> None:
    """Remove the control groups and the folder of a cluster that has no process any more."""
    remove_groups(state.name)
    shutil.rmtree(state.root, ignore_errors=True)


if __name__ == "__main__":
    main(State(Path(sys.argv[1]), sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), tethered="--tethered" in sys.argv)
