"""Counting: never more than the rate lets in, within bounded memory."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.limits.memory import BoundedMemory
from gateway.limits.opening import rate_counters
from gateway.limits.policy import Rule
from gateway.limits.rates import Quota, StoredCounters, Verdict
from gateway.limits.settings import LimitSettings
from gateway.metrics import Metrics


class Clock:
    def __init__(self) -> None:
        self.now = 1_200_000_000.0

    def __call__(self) -> float:
        return self.now


class Counted:
    """Counters with a clock of their own."""

    def __init__(self, *rates: str, max_keys: int = 100) -> None:
        self.clock = Clock()
        self.memory = BoundedMemory(max_keys, self.clock)
        self.rule = Rule.of("default", rates)
        self.counters = StoredCounters(self.memory)

    async def take(self, caller: str = "a", after_s: float = 0) -> Verdict:
        self.clock.now += after_s
        return await self.counters.take(self.rule.rates, caller)


async def test_a_rate_lets_so_many_in_and_says_how_many_are_left() -> None:
    counted = Counted("3/minute")
    verdicts = [await counted.take() for _ in range(4)]
    assert [verdict.is_allowed for verdict in verdicts] == [True, True, True, False]
    assert [verdict.quotas for verdict in verdicts[::3]] == [(Quota(3, 60, 2, 60),), (Quota(3, 60, 0, 60),)]


async def test_callers_are_counted_apart() -> None:
    counted = Counted("1/minute")
    assert [(await counted.take(caller)).is_allowed for caller in "aab"] == [True, False, True]


async def test_no_double_burst_passes_at_the_edge_of_two_windows() -> None:
    counted = Counted("100/minute")
    first = [await counted.take(after_s=0.59) for _ in range(100)]
    second = [await counted.take(after_s=0.01) for _ in range(100)]
    assert all(verdict.is_allowed for verdict in first)
    assert sum(verdict.is_allowed for verdict in second) < 5


async def test_what_the_short_rate_refuses_does_not_use_up_the_long_one() -> None:
    counted = Counted("10/minute", "2/second")
    for _ in range(50):
        await counted.take()
    assert (await counted.take(after_s=2)).quotas[-1] == Quota(10, 60, 7, 58)


@given(
    amount=st.integers(1, 20),
    window=st.sampled_from(["second", "minute", "hour"]),
    steps=st.lists(st.floats(0, 3), max_size=60),
)
async def test_who_waits_as_long_as_told_is_taken(amount: int, window: str, steps: list[float]) -> None:
    counted = Counted(f"{amount}/{window}")
    for step in steps:
        verdict = await counted.take(after_s=step)
        if not verdict.is_allowed:
            assert (await counted.take(after_s=verdict.retry_after_s + 1e-3)).is_allowed


@given(steps=st.lists(st.floats(0, 0.4), max_size=100))
async def test_a_window_of_any_place_holds_less_than_twice_the_rate(steps: list[float]) -> None:
    counted = Counted("5/second")
    taken = [counted.clock.now for step in steps if (await counted.take(after_s=step)).is_allowed]
    assert all(sum(time <= later < time + 1 for later in taken) < 10 for time in taken)


async def test_callers_are_kept_in_bounded_memory_and_the_busy_ones_stay() -> None:
    counted = Counted("2/hour", max_keys=10)
    await counted.take("busy")
    for number in range(1000):
        await counted.take(f"attacker {number}")
        await counted.take("busy")
    assert len(counted.memory) == 10
    assert not (await counted.take("busy")).is_allowed


async def test_as_many_callers_are_kept_as_the_setting_says_however_many_rates_each_has() -> None:
    settings = LimitSettings(rate_callers=2, rate_limits=("9/second", "1/hour"), rate_limits_token=())
    counters, rates = rate_counters(settings, Metrics()), Rule.of("default", settings.rate_limits).rates
    assert [(await counters.take(rates, caller)).is_allowed for caller in "abab"] == [True, True, False, False]


async def test_an_unused_caller_has_the_whole_rate() -> None:
    counted = Counted("2/minute")
    await counted.take()
    assert (await counted.take(after_s=600)).quotas == (Quota(2, 60, 1, 60),)


@pytest.mark.parametrize("rate", ["", "600", "fast", "600/fortnight", "0/minute", "1/second;2/minute", "-1/minute"])
def test_a_rate_that_is_none_stops_the_start(rate: str) -> None:
    with pytest.raises(ValidationError):
        LimitSettings(_env_file=None, rate_limits=(rate,))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate_store": "http://localhost"},
        {"cors_origins": ["*"], "cors_credentials": True},
        {"cors_origins": ["example.org"]},
        {"trusted_proxies": ["10.0.0.1/8"]},
        {"role_limits": {"viewer": {"bodies": 3}}},
        {"role_limits": {"stranger": {}}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_setting_that_makes_no_sense_stops_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LimitSettings(_env_file=None, **wrong)


def test_the_stores_password_is_not_shown() -> None:
    assert "hunter2" not in repr(LimitSettings(_env_file=None, rate_store="redis://:hunter2@localhost"))
