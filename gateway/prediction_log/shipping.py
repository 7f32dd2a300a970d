"""When journals are shipped: all the time, and where the database is away, again and again."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable

from contract.errors import TriremeError
from gateway.database.errors import DatabaseUnavailable
from gateway.faults import log_fault
from gateway.prediction_log.errors import LogUnavailable
from gateway.prediction_log.journal import Journal
from gateway.prediction_log.journalled import JournalledLog
from gateway.prediction_log.shipper import Shipper
from gateway.prediction_log.spill import Claim, Spill

log = logging.getLogger(__name__)

PAUSE_S = 1.0
"""Between two looks at a journal, and so what an entry waits for its place in the database."""
LONGEST_PAUSE_S = 30.0
ADOPT_S = 60.0
"""Between two looks for journals of processes that died."""


class Shipping:
    """A task that ships the own journal, and those that have lost their process."""

    def __init__(
        self,
        *,
        entries: JournalledLog,
        journal: Journal,
        spill: Spill,
        shipper: Shipper,
        prepare: Callable[[], Awaitable[None]],
    ) -> None:
        self._entries = entries
        self._journal = journal
        self._spill = spill
        self._shipper = shipper
        self._prepare = prepare
        self._prepared = False
        self._adopted = float("-inf")
        self._wake = asyncio.Event()
        self._done = asyncio.Event()
        self._failures = 0
        self._stopped: float | None = None

    async def run(self) -> None:
        """Ship until `stop`."""
        while self._stopped is None:
            self._wake.clear()
            done, self._done = self._done, asyncio.Event()
            await self._attempt()
            done.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pause_s())

    def stop(self) -> None:
        """Let `run` end after what it does now."""
        self._stopped = asyncio.get_running_loop().time()
        self._wake.set()

    async def catch_up(self, timeout_s: float) -> bool:
        """Ship what was noted up to now, at once; says whether nothing of it is left."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                # The attempt that runs may have looked already: the next one is waited for.
                done = self._done
                self._wake.set()
                await done.wait()
        return not self._entries.waiting and not self._journal.size

    async def drain(self, timeout_s: float) -> None:
        """Ship what is left in the journal, until so long after `stop`; `run` and the journal must have ended."""
        started = asyncio.get_running_loop().time() if self._stopped is None else self._stopped
        try:
            async with asyncio.timeout_at(started + timeout_s):
                await self._shipper.ship(self._journal)
        except Exception as error:  # noqa: BLE001 - whatever it is, the gateway stops in good order
            if not isinstance(error, TimeoutError | DatabaseUnavailable):
                log_fault(error, "-")
            log.warning("what was predicted last is kept on the disk for the next start")

    async def _attempt(self) -> None:
        try:
            await self._ship_all()
        except Exception as error:  # noqa: BLE001 - whatever it is, the journal keeps what is to be shipped
            self._tell(error)
            self._failures += 1
        else:
            if self._failures:
                log.info("the prediction log reaches its database again")
            self._failures = 0

    async def _ship_all(self) -> None:
        if not self._prepared:
            await self._prepare()
            self._prepared = True
        await self._ship_own()
        await self._adopt()

    async def _ship_own(self) -> None:
        # Where the journal takes nothing more, what it holds has to make room.
        with contextlib.suppress(LogUnavailable):
            await self._entries.flush()
        await asyncio.to_thread(self._journal.end_segment_if_alone)
        await self._shipper.ship(self._journal)

    async def _adopt(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._adopted + ADOPT_S:
            return
        claims = await asyncio.to_thread(lambda: list(self._spill.orphans()))
        try:
            for claim in claims:
                await self._ship_adopted(claim)
        finally:
            for claim in claims:
                await asyncio.to_thread(claim.release)
        self._adopted = now

    async def _ship_adopted(self, claim: Claim) -> None:
        try:
            await self._shipper.ship(await asyncio.to_thread(Journal, claim.folder, max_bytes=0))
        except OSError as error:
            # Its files can't be read: no reason to hold up others.
            log_fault(error, "-")

    def _pause_s(self) -> float:
        longest: float = min(PAUSE_S * 2**self._failures, LONGEST_PAUSE_S)
        # Not all gateways at the same moment.
        return longest * random.uniform(0.5, 1.0) if self._failures else PAUSE_S  # noqa: S311 - no secret

    def _tell(self, error: Exception) -> None:
        if self._failures:
            return
        if isinstance(error, TriremeError):
            log.warning("the prediction log waits on the disk: %s", error.detail)
        else:
            log_fault(error, "-")
