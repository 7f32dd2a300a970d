"""A process that waits for its end notices every signal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from contract.ending import SIGNALS, ending

# The kernel's timer, so that the signal comes at any point of a round: before `wait`, and anywhere within it.
ROUNDS = """
import faulthandler, random, signal
from contract.ending import ending

faulthandler.dump_traceback_later(30, exit=True)
for _ in range(10_000):
    with ending([signal.SIGALRM]) as end:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 6e-5))
        end.wait()
"""
CHILD = """
import signal
assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])
assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
"""


def python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in SIGNALS]


def descriptors() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_no_moment_is_wrong_for_a_signal() -> None:
    done = python(ROUNDS)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_all_waits_from_then_on(number: signal.Signals) -> None:
    with ending() as end:
        assert not end.wait(0)
        os.kill(os.getpid(), number)
        assert end.wait()
        assert end.wait()


def test_handlers_and_file_descriptors_are_as_before_afterwards() -> None:
    before = handlers(), descriptors()
    with ending():
        assert handlers() != before[0]
        assert descriptors() != before[1]
    assert (handlers(), descriptors()) == before


def test_child_processes_get_their_signals_as_ever() -> None:
    with ending():
        done = python(CHILD)
    assert done.returncode == 0, done.stderr
