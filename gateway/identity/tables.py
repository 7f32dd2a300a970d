"""Tables of users and API keys."""

from datetime import UTC, datetime

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from gateway.database.schema import METADATA, Moment

NAME_LENGTH = 64
NOTE_LENGTH = 200

USERS = Table(
    "users",
    METADATA,
    Column("name", String(NAME_LENGTH), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(256), nullable=False),
    # Counts the user's passwords: a token of an earlier one is worth nothing.
    Column("generation", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    Column("disabled", Moment),
)
API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("prefix", String(16), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("role", String(16), nullable=False),
    Column("owner", String(NAME_LENGTH), ForeignKey("users.name")),
    Column("created_by", String(320), nullable=False),
    Column("note", String(NOTE_LENGTH), nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment),
    Column("revoked", Moment),
)


def now() -> datetime:
    """The time, as the tables hold it."""
    return datetime.now(UTC)


def in_utc(moment: datetime | None) -> datetime | None:
    """A moment from the database with its zone, which SQLite doesn't keep."""
    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)
