"""One job's process."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Self

from gateway.jobs.errors import LaunchFailed
from gateway.jobs.output import MAX_LINE, Keep, Output

LOG_END_S = 5.0
"""Seconds for the last lines to reach the database, or for a grandchild to let go of the pipe."""


class Child:
    """A running process in a session of its own; it learns of the gateway's death by its input's end."""

    def __init__(self, process: asyncio.subprocess.Process, output: Output) -> None:
        self._process = process
        self._output = output
        self._watching = asyncio.create_task(self._watch())
        self._killing: asyncio.TimerHandle | None = None

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str], *, nice: int, keep: Keep) -> Self:
        """Start it; raises `LaunchFailed`."""
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
                env=environment,
            )  # fmt: skip
        except FileNotFoundError:
            raise LaunchFailed("The program of the job is not there.", again=False) from None
        except OSError as error:
            raise LaunchFailed(f"The job's process can't be started: {os.strerror(error.errno or 0)}.") from None
        _slow_down(process.pid, nice)
        return cls(process, Output(keep))

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and all that it wrote was taken note of."""
        return self._watching.done()

    @property
    def reason(self) -> str:
        """Why it ended, as far as can be seen from outside."""
        code = self._process.returncode or 0
        how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with status {code}"
        wrote = "" if self._output.last is None else f"; it last wrote: {self._output.last}"
        return f"The job's process {how}{wrote}"[:MAX_LINE].rstrip(".") + "."

    def end(self, grace_s: float) -> None:
        """Ask it to end, once, and kill it after a while."""
        if self._killing is None and not self.is_over:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
            self._killing = asyncio.get_running_loop().call_later(grace_s, self.kill)

    def kill(self) -> None:
        """End it at once, with all that it started in its session."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def ended(self, timeout_s: float) -> None:
        """Wait for its end, or for the time to be over."""
        await asyncio.wait([self._watching], timeout=timeout_s)

    async def _watch(self) -> None:
        stream = self._process.stdout
        assert stream is not None  # noqa: S101 - it was asked for
        reading, shipping = asyncio.create_task(self._output.read(stream)), asyncio.create_task(self._output.ship())
        await self._process.wait()
        if self._killing is not None:
            self._killing.cancel()
        # What the job started must not outlive it.
        self.kill()
        _, late = await asyncio.wait([reading, shipping], timeout=LOG_END_S)
        for task in late:
            task.cancel()


def _slow_down(pid: int, nice: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpriority(os.PRIO_PROCESS, pid, min(19, os.getpriority(os.PRIO_PROCESS, 0) + nice))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
