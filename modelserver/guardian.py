"""The process between us and Triton, which cleans up whatever happens: `python -m modelserver.guardian`.

It starts the given command as a child in a process group of its own. It ends that child when it is told to (SIGTERM; a
second one means at once), and within a second when the process that started it is gone, which it sees by the end of its
standard input: that works after SIGKILL too. Then it kills what is left of the group, stubs included, and sweeps their
shared memory. Should the guardian itself be killed, the kernel sends SIGTERM to Triton, which ends properly.

Standard library only, and single-threaded until the child runs.
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

from modelserver import shm

SHM_OPTION = "--backend-config=python,shm-region-prefix-name="
NOT_STARTED = 127
ORPHAN_S = 1.0
"""How long the child may take to end where the process that started us is gone."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}


def main(arguments: Sequence[str]) -> int:
    """Run `<stop timeout in s> <command…>`; returns the command's exit code, or 128 + the signal that ended it."""
    timeout, command = float(arguments[0]), list(arguments[1:])
    # Blocked, and taken one by one below: no signal is lost between the start and the wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    # Stubs whose Triton died become our children, so that we can wait for their end.
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    child = _start(command)
    of = shm.prefix(child)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        status = _wait(child)
        return _stop(child, timeout) if status is None else status
    finally:
        _kill_group(child)
        shm.sweep(of)


def _start(command: list[str]) -> int:
    """Fork and execute the command; returns its PID."""
    pid = os.fork()
    if pid == 0:
        _become(command)
    # Also done by the child: whoever is first, the group is there before anyone uses it.
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpgid(pid, pid)
    return pid


def _become(command: list[str]) -> None:
    try:
        os.setpgid(0, 0)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        os.execv(command[0], [*command, SHM_OPTION + shm.prefix(os.getpid())])  # noqa: S606 - no shell is the point
    except OSError as error:
        os.write(2, f"cannot start {command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(NOT_STARTED)


def _end_with_parent() -> None:
    """Turn the end of standard input into orders to ourselves: to end, and soon to kill.

    Nobody is left to whom the child could answer, and the next server needs its ports.
    """
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ORPHAN_S)
    os.kill(os.getpid(), signal.SIGTERM)


def _wait(child: int) -> int | None:
    """Wait for the child's end, which gives its exit code, or for the order to stop, which gives None."""
    while True:
        number = signal.sigwait(_SIGNALS)
        if number != signal.SIGCHLD:
            return None
        status = _reap(child)
        if status is not None:
            return status


def _stop(child: int, timeout: float) -> int:
    """Ask the child to end, and wait for it; the caller kills it where it doesn't."""
    os.kill(child, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while (remaining := deadline - time.monotonic()) > 0:
        received = signal.sigtimedwait(_SIGNALS, remaining)
        if received is None or received.si_signo != signal.SIGCHLD:
            break
        status = _reap(child)
        if status is not None:
            return status
    return 128 + signal.SIGKILL


def _reap(child: int) -> int | None:
    """Collect all ended children; the exit code of `child` when it is among them."""
    status = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == child:
                code = os.waitstatus_to_exitcode(ended[1])
                status = code if code >= 0 else 128 - code
    return status


def _kill_group(group: int) -> None:
    """Kill what is left of the group and wait until all of it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
