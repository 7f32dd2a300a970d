"""Counting in Redis or Valkey."""

from collections.abc import Sequence
from typing import Any

import limits
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError

from gateway.limits.rates import Quota, StoredCounters, Verdict, quota

CONNECTIONS = 32


class PipelinedStorage(RedisStorage):
    """The library's storage and its scripts, all of them sent at once.

    A question of its own for each step costs more than the rest of a request.
    """

    STORAGE_SCHEME: Any = None
    bridge: RedispyBridge

    async def take(self, rates: Sequence[limits.RateLimitItem], caller: str) -> Verdict:
        """Count a request against each rate, even where another one refuses it.

        Raises `NoScriptError` where the store doesn't know the scripts yet, and other `RedisError`.
        """
        client: Any = self.bridge.get_connection()
        pipeline = client.pipeline(transaction=False)
        for rate in rates:
            names, window_s = self._names(rate.key_for(caller)), rate.get_expiry()
            pipeline.evalsha(self.bridge.lua_acquire_sliding_window.sha, 2, *names, rate.amount, window_s, 1)
            pipeline.evalsha(self.bridge.lua_sliding_window.sha, 2, *names, window_s)
        answers = await pipeline.execute()
        quotas = [_quota(rate, found) for rate, found in zip(rates, answers[1::2], strict=True)]
        return Verdict(all(answers[::2]), tuple(quotas))

    def _names(self, key: str) -> tuple[str, str]:
        previous, current = self._previous_window_key(key), self._current_window_key(key)
        return self.bridge.prefixed_key(previous), self.bridge.prefixed_key(current)


def _quota(rate: limits.RateLimitItem, found: Sequence[Any]) -> Quota:
    # As the library's script tells them: hits, and milliseconds that are left of them.
    previous, previous_ms, current, current_ms = (max(0, int(value or 0)) for value in found)
    return quota(rate.amount, rate.get_expiry(), (previous, previous_ms / 1000, current, current_ms / 1000))


class RedisCounters(StoredCounters):
    """Counts in Redis or Valkey; connects when it is first used, and gives up without a second try."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self._pool: Any = BlockingConnectionPool.from_url(
            url.replace("redis+unix://", "unix://", 1),
            max_connections=CONNECTIONS,
            timeout=timeout_s,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
        )
        options: dict[str, Any] = {"connection_pool": self._pool}
        self._storage = PipelinedStorage("redis://", implementation="redispy", key_prefix="trireme", **options)
        super().__init__(self._storage)

    async def take(self, rates: Sequence[limits.RateLimitItem], caller: str, /) -> Verdict:
        """See `Counters.take`; raises `RedisError` and `OSError`."""
        try:
            return await self._storage.take(rates, caller)
        except NoScriptError:
            # The library's own way sends the scripts first.
            return await super().take(rates, caller)

    async def close(self) -> None:
        """End the connections."""
        await self._pool.disconnect()
