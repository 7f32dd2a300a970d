"""Users and keys on a real PostgreSQL: what unit tests show on SQLite, and what only several connections can show."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import delete

from gateway.database.engine import Database, open_database
from gateway.database.migrating import prepare
from gateway.database.settings import DatabaseSettings
from gateway.identity.errors import LastAdmin, UserExists
from gateway.identity.keys import Keys
from gateway.identity.permissions import Role
from gateway.identity.tables import API_KEYS, USERS, now
from gateway.identity.users import Users


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[Database]:
    settings = DatabaseSettings(database=SecretStr(postgres))
    await asyncio.to_thread(prepare, settings)
    async with open_database(settings) as database:
        async with database.transaction() as connection:
            await connection.execute(delete(API_KEYS))
            await connection.execute(delete(USERS))
        yield database


async def test_two_admins_who_lock_each_other_out_at_once_leave_one(database: Database) -> None:
    users = Users(database)
    for _ in range(5):
        names = ["anna", "bert"]
        for name in names:
            try:
                await users.add(name, Role.ADMIN, "no hash")
            except UserExists:
                await users.change(name, disabled=False)
        found = await asyncio.gather(*(users.change(name, disabled=True) for name in names), return_exceptions=True)
        assert [type(one) for one in found].count(LastAdmin) == 1, found


async def test_of_many_who_add_a_user_one_does(database: Database) -> None:
    users = Users(database)
    found = await asyncio.gather(*(users.add("anna", Role.VIEWER, "no hash") for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in found].count(UserExists) == 4


async def test_users_and_keys_come_back_as_they_went_in(database: Database) -> None:
    users, keys = Users(database), Keys(database)
    anna = await users.add("anna", Role.TRAINER, "a hash")
    assert await users.with_hash("anna") == (anna, "a hash")
    assert (await users.change("anna", password_hash="other")).generation == 2
    over = now() + timedelta(days=1)
    given = {"role": Role.VIEWER, "owner": "anna", "note": "n", "expires": over, "created_by": "user:anna"}
    key, record = await keys.create(**given)  # type: ignore[arg-type] # of several types
    assert await keys.find(key.prefix) == record
    assert (record.digest, record.expires, record.is_good) == (key.digest, over, True)
    assert (await keys.revoke(key.prefix)).is_good is False
    assert [user.name for user in await users.page("", 10)] == ["anna"]
    assert [one.prefix for one in await keys.page("", 10)] == [key.prefix]
