"""Refusing early: who is let in is answered in time, and nobody waits to be refused.

Seconds of load are simulated on an event loop whose clock jumps.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import numpy as np
import pytest

from gateway.batching import MicroBatcher
from gateway.errors import ModelServerTimeout, Overloaded
from gateway.inference import Probabilities, Tensor
from gateway.service_rate import ServiceRate
from tests.unit.gateway.limits.rig import VirtualLoop

BATCH = 32
SLOTS = 2
FULL_CALL_S = 0.05 + 0.005 * BATCH
CAPACITY = SLOTS * BATCH / FULL_CALL_S
"""Pictures a second, about 305."""
PICTURE = np.zeros(1, np.uint8)
MAX_WAIT_S = 1.0


class SlowServer:
    """Takes 50 ms a call and 5 ms a picture, or for ever."""

    def __init__(self) -> None:
        self.hangs_until = 0.0

    async def __call__(self, pictures: Sequence[Tensor], _timeout_s: float) -> Probabilities:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(self.hangs_until - loop.time(), 0.05 + 0.005 * len(pictures)))
        return np.ones((len(pictures), 1), np.float32)


class Load:
    """Sends pictures at a rate, and writes down what became of each."""

    def __init__(self, server: SlowServer, *, max_wait_s: float = MAX_WAIT_S, max_queue: int = 100_000) -> None:
        self.batcher = MicroBatcher(
            server, max_batch_size=BATCH, concurrency=lambda: SLOTS, max_queue=max_queue, max_wait_s=max_wait_s
        )
        self.outcomes: list[tuple[str, float, float]] = []
        """What, when it was sent, and the seconds that it took."""
        self.retries: list[int] = []

    async def send(self, per_s: float, seconds: float) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(int(per_s * seconds)):
                group.create_task(self._one())
                await asyncio.sleep(1 / per_s)

    async def _one(self) -> None:
        clock = asyncio.get_running_loop().time
        sent, outcome = clock(), "answered"
        try:
            await self.batcher.submit(PICTURE, 5.0)
        except Overloaded as error:
            outcome = "refused"
            self.retries.append(int(error.headers["Retry-After"]))
        except ModelServerTimeout:
            outcome = "timed out"
        self.outcomes.append((outcome, sent, clock() - sent))

    def count(self, since: float = 0.0) -> Counter[str]:
        return Counter(outcome for outcome, sent, _ in self.outcomes if sent >= since)

    def longest(self, outcome: str) -> float:
        return max((seconds for found, _, seconds in self.outcomes if found == outcome), default=0.0)


def simulated(story: Callable[[], Coroutine[Any, Any, Load]]) -> Load:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story())


@pytest.mark.parametrize("times", [1.5, 4])
def test_under_overload_the_admitted_are_in_time_the_rest_is_refused_at_once_and_nothing_is_wasted(
    times: float,
) -> None:
    async def story() -> Load:
        load = Load(SlowServer())
        await load.send(times * CAPACITY, 10)
        return load

    load = simulated(story)
    assert load.count().keys() == {"answered", "refused"}
    assert load.longest("answered") < MAX_WAIT_S + 2 * FULL_CALL_S + 0.1
    assert load.longest("refused") == 0
    assert load.count()["answered"] > 0.95 * 10 * CAPACITY
    assert 1 <= max(load.retries) <= 3


def test_without_the_bound_the_same_load_ends_in_timeouts() -> None:
    async def story() -> Load:
        load = Load(SlowServer(), max_wait_s=1e9)
        await load.send(4 * CAPACITY, 10)
        return load

    assert simulated(story).count()["timed out"] > 1000


def test_a_load_that_can_be_carried_is_never_refused_also_after_a_quiet_time() -> None:
    async def story() -> Load:
        load = Load(SlowServer())
        await load.send(5, 20)
        await load.send(0.9 * CAPACITY, 10)
        await load.send(5, 20)
        # A burst that is worked off in time.
        await load.send(100_000, 0.8 * CAPACITY / 100_000)
        return load

    assert set(simulated(story).count()) == {"answered"}


def test_before_anything_is_known_only_the_hard_bound_holds() -> None:
    async def story() -> Load:
        load = Load(SlowServer(), max_queue=1000)
        await load.send(100_000, 0.02)
        return load

    count = simulated(story).count()
    assert count["refused"] == 1000 - SLOTS * BATCH + 0 or count["refused"] >= 900


def test_a_server_that_hangs_is_noticed_and_its_recovery_is_too() -> None:
    async def story() -> Load:
        server = SlowServer()
        load = Load(server)
        await load.send(0.9 * CAPACITY, 5)
        server.hangs_until = asyncio.get_running_loop().time() + 10
        await load.send(0.9 * CAPACITY, 10)
        await load.send(0.5 * CAPACITY, 20)
        return load

    load = simulated(story)
    # What came while the hang could not be told from a slow call waits in vain; all that came later is told at once.
    assert 0 < load.count()["timed out"] < 3 * CAPACITY
    assert load.count()["refused"] > 5 * CAPACITY
    assert set(load.count(since=25)) == {"answered"}


def test_the_first_in_an_empty_queue_is_always_taken() -> None:
    async def story() -> Load:
        load = Load(SlowServer(), max_wait_s=1e-9)
        await load.send(CAPACITY, 2)
        await load.send(1, 3)
        return load

    load = simulated(story)
    assert load.count()["refused"] > 0
    assert set(load.count(since=2.5)) == {"answered"}


def test_a_callers_short_patience_is_a_bound_of_its_own() -> None:
    async def story() -> Load:
        load = Load(SlowServer())
        await load.send(CAPACITY, 2)
        waiting = [asyncio.create_task(load.batcher.submit(PICTURE, 5.0)) for _ in range(200)]
        await asyncio.sleep(0.01)
        with pytest.raises(Overloaded):
            await load.batcher.submit(PICTURE, 0.1)
        await asyncio.gather(*waiting)
        return load

    simulated(story)


def test_only_full_calls_teach_the_rate_and_lone_ones_raise_it() -> None:
    rate = ServiceRate()
    rate.note(1, 0.1, was_full=False)
    assert rate.wait_s(1000, 1, 0.0) == 0
    rate.note(10, 0.1, was_full=True)
    assert rate.wait_s(100, 1, 0.0) == pytest.approx(1)
    assert rate.wait_s(100, 2, 0.0) == pytest.approx(0.5)
    rate.note(1, 0.1, was_full=False)
    assert rate.wait_s(100, 1, 0.0) == pytest.approx(1)
    rate.note(1, 0.001, was_full=False)
    assert rate.wait_s(100, 1, 0.0) < 1


def test_a_call_that_was_given_up_can_only_lower_the_rate() -> None:
    rate = ServiceRate()
    rate.note(10, 0.1, was_full=True)
    rate.note_given_up(10, 0.001)
    assert rate.wait_s(100, 1, 0.0) == pytest.approx(1)
    rate.note_given_up(10, 10.0)
    assert rate.wait_s(100, 1, 0.0) > 1
