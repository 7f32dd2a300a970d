"""The database of accounts, for the time of one verb."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple, TypeVar

from gateway.database.engine import open_database
from gateway.database.migrating import prepare
from gateway.identity.keys import Keys
from gateway.identity.passwords import Passwords
from gateway.identity.users import Users
from gateway.settings import GatewaySettings
from trireme.gateway_settings import gateway_settings
from trireme.settings import TriremeSettings

T = TypeVar("T")


class Store(NamedTuple):
    """What the verbs work on."""

    users: Users
    keys: Keys
    passwords: Passwords


def run(work: Callable[[Store], Awaitable[T]]) -> T:
    """Do something with the accounts that the settings name; raises what the database and the accounts raise."""
    settings = gateway_settings(TriremeSettings())
    prepare(settings)

    async def opened() -> T:
        async with _store(settings) as store:
            return await work(store)

    return asyncio.run(opened())


@contextlib.asynccontextmanager
async def _store(settings: GatewaySettings) -> AsyncIterator[Store]:
    passwords = Passwords(threads=1, queue=0)
    try:
        async with open_database(settings) as database:
            yield Store(Users(database), Keys(database), passwords)
    finally:
        await asyncio.to_thread(passwords.close)
