"""Leases: one gateway at a time does what must not be done twice.

Each new holder gets a higher fencing token; a write that names a token is refused once another holder has a higher one,
however late it comes.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Double, case, cast, func, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.database.engine import Database
from gateway.rollout.errors import LeaseLost
from gateway.rollout.tables import LEASES

UNIX_EPOCH = 2_440_587.5
"""As a Julian day."""
DAY_S = 86_400.0


@dataclass(frozen=True)
class Lease:
    """What a holder has."""

    name: str
    holder: str
    token: int


class Leases:
    """The table of leases, by the database's clock; every method raises `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, name: str, holder: str, seconds: float) -> Lease | None:
        """Take a lease that is free, over or one's own, for so many seconds from now; None where another has it."""
        try:
            async with self._database.transaction() as connection:
                return await self._acquired(connection, name, holder, seconds)
        except IntegrityError:
            # Another one made the row first.
            return None

    async def release(self, lease: Lease) -> None:
        """Give it back, so that the next one needn't wait for its end."""
        async with self._database.transaction() as connection:
            await connection.execute(update(LEASES).where(*_is(lease)).values(until=0.0, holder=""))

    async def check(self, connection: AsyncConnection, lease: Lease) -> None:
        """Raise `LeaseLost` unless the lease holds until the transaction's end; the first statement of one."""
        # An update, though it changes nothing: it locks the row, in SQLite too.
        held = update(LEASES).where(*_is(lease), LEASES.c.until > self._now()).values(token=lease.token)
        if not (await connection.execute(held)).rowcount:
            raise LeaseLost

    async def _acquired(self, connection: AsyncConnection, name: str, holder: str, seconds: float) -> Lease | None:
        named = LEASES.c.name == name
        free = (LEASES.c.holder == holder) | (LEASES.c.until < self._now())
        until = self._now() + seconds
        token = case((LEASES.c.holder == holder, LEASES.c.token), else_=LEASES.c.token + 1)
        taken = update(LEASES).where(named, free).values(holder=holder, token=token, until=until)
        if not (await connection.execute(taken)).rowcount:
            if await connection.scalar(select(LEASES.c.name).where(named)) is not None:
                return None
            await connection.execute(LEASES.insert().values(name=name, holder=holder, token=1, until=until))
        found: int = (await connection.execute(select(LEASES.c.token).where(named))).scalar_one()
        return Lease(name, holder, found)

    def _now(self) -> ColumnElement[float]:
        if self._database.is_postgresql:
            return cast(func.extract("epoch", func.clock_timestamp()), Double)
        return (func.julianday(literal("now")) - UNIX_EPOCH) * DAY_S


def _is(lease: Lease) -> list[Any]:
    return [LEASES.c.name == lease.name, LEASES.c.holder == lease.holder, LEASES.c.token == lease.token]
