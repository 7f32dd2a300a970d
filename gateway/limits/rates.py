"""Rate limits: what a caller may still send, counted by the library `limits` in sliding windows.

A sliding window is two counters a caller and rate: the hits of the last full window count by the part of it that is
still within reach, those of the present one fully. It needs no list of times, lets no double burst through at a
window's edge, and the library has it for memory and Redis alike.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import limits
from limits.aio.storage import SlidingWindowCounterSupport, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter


@dataclass(frozen=True, slots=True)
class Quota:
    """One rate as it stands for one caller."""

    amount: int
    window_s: int
    remaining: int
    """Requests that are taken at once."""
    reset_s: int
    """Seconds until more are; 0 where nothing is used."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a request."""

    is_allowed: bool
    quotas: tuple[Quota, ...]
    """In the order in which they were asked, as far as they were."""

    @property
    def retry_after_s(self) -> int:
        """Seconds until a refused request is taken."""
        return max((quota.reset_s for quota in self.quotas if not quota.remaining), default=1)


class Counters(Protocol):
    """Counts requests."""

    async def take(self, rates: Sequence[limits.RateLimitItem], caller: str, /) -> Verdict:
        """Count a request of a caller against each rate, the shortest window first."""
        ...

    async def close(self) -> None:
        """End connections."""
        ...


class StoredCounters:
    """Counts in a storage of the library."""

    def __init__(self, storage: Storage) -> None:
        assert isinstance(storage, SlidingWindowCounterSupport)  # noqa: S101 - both of ours are; mypy learns it here
        self._windows: SlidingWindowCounterSupport = storage
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    async def take(self, rates: Sequence[limits.RateLimitItem], caller: str, /) -> Verdict:
        """See `Counters.take`; raises what the storage raises."""
        quotas = []
        for rate in rates:
            is_allowed = await self._limiter.hit(rate, caller)
            quotas.append(await self._quota(rate, caller))
            if not is_allowed:
                return Verdict(False, tuple(quotas))
        return Verdict(True, tuple(quotas))

    async def close(self) -> None:
        """There is nothing to end."""

    async def _quota(self, rate: limits.RateLimitItem, caller: str) -> Quota:
        window_s = rate.get_expiry()
        found = await self._windows.get_sliding_window(rate.key_for(caller), window_s)
        return quota(rate.amount, window_s, found)


def quota(amount: int, window_s: int, found: tuple[int, float, int, float]) -> Quota:
    """How a rate stands, by what `SlidingWindowCounterSupport.get_sliding_window` found."""
    previous, previous_s, current, current_s = found
    still_counted = previous * previous_s / window_s
    remaining = max(0, amount - int(still_counted) - current)
    if not (int(still_counted) or current):
        return Quota(amount, window_s, remaining, 0)
    # One more is taken when the next hit of the window before is out of reach, or else when this window ends.
    reset_s = previous_s % (window_s / previous) if int(still_counted) else current_s - window_s
    return Quota(amount, window_s, remaining, max(1, math.ceil(reset_s)))
