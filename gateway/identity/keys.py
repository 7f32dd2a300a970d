"""API keys, as the database knows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from gateway.database.engine import Database
from gateway.identity.api_key import ApiKey
from gateway.identity.errors import AccountInvalid, KeyUnknown
from gateway.identity.permissions import PERMISSIONS, Role
from gateway.identity.tables import API_KEYS, NOTE_LENGTH, USERS, in_utc, now
from gateway.identity.users import is_name

NO_OWNER = "There is no user of the owner's name."


@dataclass(frozen=True)
class KeyOwner:
    """The user to whom a key belongs."""

    name: str
    role: Role
    is_disabled: bool


@dataclass(frozen=True)
class KeyRecord:
    """What is known of a key: not the key itself."""

    prefix: str
    digest: bytes
    """SHA-256 of the key: 32 bytes."""
    role: Role
    owner: KeyOwner | None
    created_by: str
    """`Principal.id` of who made it."""
    note: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None

    @property
    def is_good(self) -> bool:
        """Whether it may be used now: neither over nor revoked, and nothing that its owner may not do."""
        is_over = self.revoked is not None or (self.expires is not None and self.expires <= now())
        return not is_over and (self.owner is None or _covers(self.owner, self.role))


class Keys:
    """Every method raises `DatabaseUnavailable` too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, *, role: Role, owner: str | None, note: str, expires: datetime | None, created_by: str
    ) -> tuple[ApiKey, KeyRecord]:
        """Make a key, whose text nobody can get again; raises `AccountInvalid`."""
        if len(note) > NOTE_LENGTH or not note.isprintable():
            raise AccountInvalid(f"A key's note has at most {NOTE_LENGTH} printable characters.")
        if owner is not None and not is_name(owner):
            raise AccountInvalid(NO_OWNER)
        key = ApiKey.new()
        values = {"role": role.value, "owner": owner, "note": note, "expires": expires, "created_by": created_by}
        async with self._database.transaction() as connection:
            if owner is not None:
                _check_owner((await connection.execute(select(USERS).where(USERS.c.name == owner))).one_or_none(), role)
            created = insert(API_KEYS).values(prefix=key.prefix, digest=key.digest, created=now(), **values)
            await connection.execute(created)
            return key, _record((await connection.execute(_of(key.prefix))).one())

    async def find(self, prefix: str) -> KeyRecord | None:
        """A key; None where there is none with this prefix."""
        async with self._database.transaction() as connection:
            row = (await connection.execute(_of(prefix))).one_or_none()
        return _record(row) if row is not None else None

    async def page(self, after: str, limit: int) -> Sequence[KeyRecord]:
        """At most `limit` keys whose prefixes come after `after`, by prefix."""
        found = _all().where(API_KEYS.c.prefix > after).order_by(API_KEYS.c.prefix).limit(limit)
        async with self._database.transaction() as connection:
            return [_record(row) for row in await connection.execute(found)]

    async def revoke(self, prefix: str) -> KeyRecord:
        """End a key for good; raises `KeyUnknown`."""
        if not prefix.isalnum():
            raise KeyUnknown("There is no API key with this prefix.")
        async with self._database.transaction() as connection:
            is_live = (API_KEYS.c.prefix == prefix) & API_KEYS.c.revoked.is_(None)
            await connection.execute(update(API_KEYS).where(is_live).values(revoked=now()))
            row = (await connection.execute(_of(prefix))).one_or_none()
        if row is None:
            raise KeyUnknown(f"There is no API key {prefix!r}.")
        return _record(row)


def _covers(owner: KeyOwner, role: Role) -> bool:
    return not owner.is_disabled and PERMISSIONS[role] <= PERMISSIONS[owner.role]


def _check_owner(row: Row[Any] | None, role: Role) -> None:
    if row is None:
        raise AccountInvalid(NO_OWNER)
    if not _covers(KeyOwner(row.name, Role(row.role), row.disabled is not None), role):
        raise AccountInvalid("A key may do no more than its owner, who must not be disabled.")


def _all() -> Select[Any]:
    owner = (USERS.c.role.label("owner_role"), USERS.c.disabled.label("owner_disabled"))
    return select(API_KEYS, *owner).select_from(API_KEYS.outerjoin(USERS, API_KEYS.c.owner == USERS.c.name))


def _of(prefix: str) -> Select[Any]:
    return _all().where(API_KEYS.c.prefix == prefix)


def _record(row: Row[Any]) -> KeyRecord:
    owner = KeyOwner(row.owner, Role(row.owner_role), row.owner_disabled is not None) if row.owner else None
    return KeyRecord(
        prefix=row.prefix,
        digest=bytes(row.digest),
        role=Role(row.role),
        owner=owner,
        created_by=row.created_by,
        note=row.note,
        created=in_utc(row.created) or now(),
        expires=in_utc(row.expires),
        revoked=in_utc(row.revoked),
    )
