"""Users, as the database knows them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.database.engine import Database
from gateway.identity.errors import AccountInvalid, LastAdmin, UserExists, UserUnknown
from gateway.identity.permissions import Role
from gateway.identity.principal import Principal
from gateway.identity.tables import USERS, in_utc, now

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}", re.ASCII)
_IS_ADMIN = (USERS.c.role == Role.ADMIN.value) & USERS.c.disabled.is_(None)


@dataclass(frozen=True)
class User:
    """Somebody with a password."""

    name: str
    role: Role
    generation: int
    """Counts the passwords that the user has had."""
    created: datetime
    disabled: datetime | None

    @property
    def principal(self) -> Principal:
        """The user as a caller."""
        return Principal("user", self.name, self.role)


class Users:
    """Every method raises `DatabaseUnavailable` too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, name: str, role: Role, password_hash: str) -> User:
        """Add a user; raises `AccountInvalid` or `UserExists`."""
        if not is_name(name):
            raise AccountInvalid("A user's name has 1 to 64 characters: a-z, 0-9 and, after the first, also . _ @ -")
        user = User(name, role, 1, now(), None)
        try:
            async with self._database.transaction() as connection:
                await connection.execute(insert(USERS).values(password_hash=password_hash, **vars(user)))
        except IntegrityError:
            raise UserExists(f"There is a user {name!r} already.") from None
        return user

    async def find(self, name: str) -> User | None:
        """A user; None where there is none of this name."""
        return (await self.with_hash(name))[0]

    async def with_hash(self, name: str) -> tuple[User | None, str | None]:
        """A user and the hash of the password; None and None where there is none of this name."""
        if not is_name(name):
            return None, None
        async with self._database.transaction() as connection:
            row = (await connection.execute(select(USERS).where(USERS.c.name == name))).one_or_none()
        return (_user(row), row.password_hash) if row is not None else (None, None)

    async def page(self, after: str, limit: int) -> Sequence[User]:
        """At most `limit` users whose names come after `after`, by name."""
        found = select(USERS).where(USERS.c.name > after).order_by(USERS.c.name).limit(limit)
        async with self._database.transaction() as connection:
            return [_user(row) for row in await connection.execute(found)]

    async def is_empty(self) -> bool:
        """Whether there is no user at all."""
        async with self._database.transaction() as connection:
            return (await connection.execute(select(USERS.c.name).limit(1))).one_or_none() is None

    async def change(
        self, name: str, *, role: Role | None = None, disabled: bool | None = None, password_hash: str | None = None
    ) -> User:
        """Change what is given: the role, whether the user is locked out, the password, which ends the user's tokens.

        Raises `UserUnknown` or `LastAdmin`; nothing is changed then.
        """
        values: dict[str, Any] = {} if role is None else {"role": role.value}
        if disabled is not None:
            values["disabled"] = now() if disabled else None
        if password_hash is not None:
            values |= {"password_hash": password_hash, "generation": USERS.c.generation + 1}
        # A change of nothing is one too: it says whether the user is there.
        return await self._changed(name, values or {"name": name})

    async def rehash(self, name: str, old_hash: str, new_hash: str) -> None:
        """Put the same password's newer hash in the old one's place, unless the password was changed meanwhile."""
        is_same = (USERS.c.name == name) & (USERS.c.password_hash == old_hash)
        async with self._database.transaction() as connection:
            await connection.execute(update(USERS).where(is_same).values(password_hash=new_hash))

    async def _changed(self, name: str, values: dict[str, Any]) -> User:
        if not is_name(name):
            raise UserUnknown("There is no user of this name.")
        async with self._database.transaction() as connection:
            # Two admins who disable each other: the second waits here, and then is the last one.
            locked = select(USERS.c.name).where(_IS_ADMIN).order_by(USERS.c.name).with_for_update()
            admins = (await connection.execute(locked)).all()
            changed = await connection.execute(update(USERS).where(USERS.c.name == name).values(values))
            if changed.rowcount == 0:
                raise UserUnknown(f"There is no user {name!r}.")
            if admins:
                await _keep_an_admin(connection)
            return _user((await connection.execute(select(USERS).where(USERS.c.name == name))).one())


def is_name(text: str) -> bool:
    """Whether a user may have this name."""
    return _NAME.fullmatch(text) is not None


async def _keep_an_admin(connection: AsyncConnection) -> None:
    count = (await connection.execute(select(func.count()).select_from(USERS).where(_IS_ADMIN))).scalar_one()
    if count == 0:
        raise LastAdmin


def _user(row: Row[Any]) -> User:
    created = in_utc(row.created)
    return User(row.name, Role(row.role), row.generation, created or now(), in_utc(row.disabled))
