"""How one gateway takes a lease, holds it for as long as it works, and sees that it has lost it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from contract.errors import TriremeError
from gateway.rollout.errors import LeaseLost
from gateway.rollout.leases import Lease, Leases


class Holding:
    """One holder's part in one lease of so many seconds."""

    def __init__(self, leases: Leases, name: str, holder: str, *, seconds: float) -> None:
        self._leases = leases
        self._name = name
        self._holder = holder
        self._seconds = seconds
        self._lease: Lease | None = None
        self._renewed = 0.0

    @property
    def is_held(self) -> bool:
        """Whether the lease was this holder's when it was last asked for."""
        return self._lease is not None

    async def take(self) -> None:
        """Take the lease if it can be had, or prolong it; raises `DatabaseUnavailable`."""
        # Each time is a write to the disk.
        if self._lease is None or time.monotonic() > self._renewed + self._seconds / 3:
            self._lease = await self._renew()

    def check(self) -> Lease:
        """The lease; raises `LeaseLost` where it isn't held, or is over by now because this process was paused."""
        if self._lease is None or time.monotonic() > self._renewed + self._seconds:
            raise LeaseLost
        return self._lease

    def lose(self) -> None:
        """Take it for lost, until it is taken again."""
        self._lease = None

    async def give_back(self) -> None:
        """Let the next one have it at once; where the database is away, it does when the lease is over."""
        if self._lease is not None:
            with contextlib.suppress(TriremeError):
                await self._leases.release(self._lease)

    @contextlib.asynccontextmanager
    async def prolonged(self) -> AsyncIterator[None]:
        """Prolong the lease for as long as the context lasts; whoever had it in between has ended it."""
        over = asyncio.Event()
        prolonging = asyncio.create_task(self._prolong(over))
        try:
            yield
        finally:
            # Not cancelled: in the middle of a transaction, SQLite may stay locked for some seconds.
            over.set()
            await prolonging

    async def _prolong(self, over: asyncio.Event) -> None:
        while self._lease is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), self._seconds / 3)
            if over.is_set():
                return
            with contextlib.suppress(TriremeError):
                await self._go_on(self._lease)

    async def _go_on(self, held: Lease) -> None:
        # A new token: somebody else held it meanwhile, and may have changed what the work in hand builds on.
        if await self._renew() != held:
            self.lose()

    async def _renew(self) -> Lease | None:
        # Before the database's clock is read: so it is over here no later than there.
        now = time.monotonic()
        lease = await self._leases.acquire(self._name, self._holder, self._seconds)
        self._renewed = now
        return lease
