"""The database of one gateway, from its start to its end."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from gateway.database.engine import Database, open_database
from gateway.database.errors import DatabaseUnavailable
from gateway.database.migrating import prepare
from gateway.settings import GatewaySettings

AWAY = "the database is away: predictions are noted on the disk, and jobs and rollouts wait, until it is back"


@contextlib.asynccontextmanager
async def open_where_needed(settings: GatewaySettings) -> AsyncIterator[Database | None]:
    """The database, with this program's schema; None where nothing needs it.

    Raises `DatabaseUnavailable` where there are accounts in it; all else can wait for it.
    """
    if {settings.auth, settings.log, settings.jobs, settings.rollout} == {"off"}:
        yield None
        return
    try:
        await asyncio.to_thread(prepare, settings)
    except DatabaseUnavailable:
        if settings.auth != "off":
            raise
        logging.getLogger(__name__).warning(AWAY)
    async with open_database(settings) as database:
        yield database
