"""Counting together with other gateways, in Redis or Valkey; alone while that is away."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

import limits
from prometheus_client import Counter
from redis.exceptions import RedisError

from gateway.limits.rates import Counters, Verdict

log = logging.getLogger(__name__)

AWAY_S = 5.0
"""How long a store that failed isn't asked; then one request tries it, while the others are counted here."""
LOGGED_EVERY_S = 60.0


class SharedCounters:
    """Counts in a shared store; where that fails or is slow, alone, so that limits hold at least for this gateway."""

    def __init__(
        self,
        shared: Counters,
        alone: Counters,
        failures: Counter,
        *,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shared = shared
        self._alone = alone
        self._failures = failures
        self._timeout_s = timeout_s
        self._clock = clock
        self._away_until: float | None = None
        self._logged = -LOGGED_EVERY_S

    async def take(self, rates: Sequence[limits.RateLimitItem], caller: str, /) -> Verdict:
        """See `Counters.take`; raises nothing."""
        if self._is_away():
            return await self._alone.take(rates, caller)
        try:
            async with asyncio.timeout(self._timeout_s):
                verdict = await self._shared.take(rates, caller)
        except (RedisError, OSError, TimeoutError) as error:
            self._note(error)
            return await self._alone.take(rates, caller)
        self._away_until = None
        return verdict

    async def close(self) -> None:
        """End the connections."""
        await self._shared.close()
        await self._alone.close()

    def _is_away(self) -> bool:
        if self._away_until is None:
            return False
        now = self._clock()
        if now < self._away_until:
            return True
        # This one asks; the others go on alone until it is back.
        self._away_until = now + AWAY_S
        return False

    def _note(self, error: Exception) -> None:
        now = self._clock()
        self._failures.inc()
        self._away_until = now + AWAY_S
        if now - self._logged >= LOGGED_EVERY_S:
            self._logged = now
            # Not the text: it may hold the store's address.
            log.warning("the store of rate limits fails (%s); this gateway counts alone", type(error).__name__)
