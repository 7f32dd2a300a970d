"""Runs clients in a process of their own, so that measuring and measured share no interpreter."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from types import TracebackType
from typing import Protocol, Self

from loadtest.measurement import Measurement
from loadtest.schedule import Schedule

SILENCE_S = 30.0
"""How long the last answers may take."""


class Target(Protocol):
    """Something that can be put under load."""

    async def run(self, clients: int, schedule: Schedule) -> None:
        """Keep `clients` requests in flight until the schedule is over."""
        ...


class Worker:
    """A process that measures; a context manager."""

    def __init__(self, *, warm_up_s: float, seconds: float) -> None:
        self._times = (warm_up_s, seconds)
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _end_on_interrupt)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def measure(self, target: Target, clients: int) -> Measurement:
        """Put a target under the load of some clients; raises `OSError` where it can't be reached."""
        return self._pool.submit(measure, target, clients, *self._times).result()


def _end_on_interrupt() -> None:
    """Ctrl-C in a terminal reaches this process too: it ends at once and leaves it to the other to say so."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))


def measure(target: Target, clients: int, warm_up_s: float, seconds: float) -> Measurement:
    """The same in this process."""

    async def run() -> Measurement:
        schedule = Schedule(warm_up_s, seconds)
        async with asyncio.timeout(warm_up_s + seconds + SILENCE_S):
            await target.run(clients, schedule)
        return schedule.measurement()

    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        return runner.run(run())


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if find_spec("uvloop") is None:
        return None
    import uvloop  # noqa: PLC0415 - it comes with the gateway's extra and isn't required

    return uvloop.new_event_loop
