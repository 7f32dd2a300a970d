"""What tables need from time to time: an end for what is old."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Table, delete, select

from gateway.database.engine import Database
from gateway.faults import log_fault

EVERY_S = 3600.0
CHUNK = 1000
"""Rows that one statement deletes."""


async def hourly(tidy: Callable[[datetime], Awaitable[None]]) -> None:
    """Tidy up every hour, until cancelled; any number of gateways may do it."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await tidy(datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - in an hour it may succeed
            log_fault(error, "-")


async def delete_where(database: Database, table: Table, *conditions: ColumnElement[bool]) -> None:
    """Delete rows of a table with a key of one column, some at a time; raises `DatabaseUnavailable`."""
    (key,) = table.primary_key
    old = select(key).where(*conditions).limit(CHUNK)
    deleted = CHUNK
    while deleted >= CHUNK:
        # A transaction each: nobody waits for long.
        async with database.transaction() as connection:
            deleted = (await connection.execute(delete(table).where(key.in_(old)))).rowcount
