"""A store that is away or hangs: the gateway counts alone, and asks it seldom."""

import asyncio
import logging
from collections.abc import Sequence

import limits
import pytest
from prometheus_client import CollectorRegistry, Counter
from redis.exceptions import RedisError

from gateway.limits.memory import BoundedMemory
from gateway.limits.policy import Rule
from gateway.limits.rates import StoredCounters, Verdict
from gateway.limits.shared import AWAY_S, SharedCounters

RULE = Rule.of("default", ["3/hour"])
HOST = "redis.internal"


class Store:
    """A store that does what it is told."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None
        self.hangs = False
        self.is_closed = False

    async def take(self, rates: Sequence[limits.RateLimitItem], caller: str, /) -> Verdict:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return Verdict(True, ())

    async def close(self) -> None:
        self.is_closed = True


class Rig:
    def __init__(self) -> None:
        self.store, self.now = Store(), 0.0
        self.failures = Counter("failures", "Failures.", registry=CollectorRegistry())
        alone = StoredCounters(BoundedMemory(10))
        self.counters = SharedCounters(self.store, alone, self.failures, timeout_s=0.02, clock=lambda: self.now)

    async def take(self) -> bool:
        return (await self.counters.take(RULE.rates, "a")).is_allowed

    @property
    def failed(self) -> float:
        found = next(iter(self.failures.collect())).samples[0].value
        return float(found)


@pytest.mark.parametrize("error", [RedisError(HOST), ConnectionRefusedError(HOST), TimeoutError(HOST)])
async def test_limits_hold_while_the_store_is_away(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.store.error = error
    assert [await rig.take() for _ in range(4)] == [True, True, True, False]
    assert (rig.store.asked, rig.failed) == (1, 1)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert HOST not in caplog.text


async def test_a_store_that_hangs_costs_one_request_a_short_wait() -> None:
    rig = Rig()
    rig.store.hangs = True
    assert [await rig.take() for _ in range(4)] == [True, True, True, False]
    assert (rig.store.asked, rig.failed) == (1, 1)


async def test_one_request_asks_whether_it_is_back_and_then_all_do() -> None:
    rig = Rig()
    rig.store.error = RedisError()
    await rig.take()
    rig.now = AWAY_S
    await asyncio.gather(*(rig.take() for _ in range(3)))
    assert rig.store.asked == 2
    rig.now, rig.store.error = 2 * AWAY_S, None
    assert [await rig.take() for _ in range(9)] == [True] * 9
    assert rig.store.asked == 11


async def test_a_long_absence_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.store.error = RedisError()
    for _ in range(24):
        await rig.take()
        rig.now += AWAY_S
    assert len(caplog.records) == 2
    assert rig.failed == 24


async def test_closing_closes_the_store() -> None:
    rig = Rig()
    await rig.counters.close()
    assert rig.store.is_closed
