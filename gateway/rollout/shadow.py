"""Copies of requests for a shadow version: answered after the caller was, bounded, and dropped under load."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from contract.card import VersionCard
from contract.errors import TriremeError
from gateway.background import in_background
from gateway.faults import log_fault
from gateway.rollout.metrics import RolloutMetrics

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Copies in work: so few that callers' own requests always find room beside them."""
MAX_BYTES = 1024 * 1024
"""Of a request's body that is kept for its copy."""

Again = Callable[[VersionCard], Awaitable[object]]
"""Does a request once more, with another version."""


class Shadows:
    """The copies that wait; whatever becomes of one, no caller notices."""

    def __init__(self, metrics: RolloutMetrics, *, max_waiting: int) -> None:
        self._metrics = metrics
        self._waiting: asyncio.Queue[tuple[VersionCard, Again]] = asyncio.Queue(max_waiting)

    async def offer(self, card: VersionCard, size: int, again: Again) -> None:
        """Take a copy of a request with a body of so many bytes, or drop it; waits for nothing."""
        if size > MAX_BYTES or self._waiting.full():
            self._count(card, "dropped")
        else:
            self._waiting.put_nowait((card, again))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer copies for as long as the context lasts."""
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(AT_ONCE):
                await stack.enter_async_context(in_background(self._work()))
            yield

    async def _work(self) -> None:
        while True:
            card, again = await self._waiting.get()
            self._count(card, await _outcome(card, again))

    def _count(self, card: VersionCard, outcome: str) -> None:
        self._metrics.shadows.labels(card.model, outcome).inc()


async def _outcome(card: VersionCard, again: Again) -> str:
    try:
        await again(card)
    except TriremeError as error:
        log.debug("the shadow %s did not answer: %s", card.name, error.code)
    except Exception as error:  # noqa: BLE001 - the next copy may succeed
        log_fault(error, "-")
    else:
        return "answered"
    return "failed"
