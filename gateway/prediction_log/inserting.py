"""Entries into the database: many in one statement, which the database itself takes apart.

So a row costs this process next to nothing. An entry that is there already is left as it is.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import JSON, ColumnElement, Insert, Text, bindparam, cast, column, func, literal, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from gateway.database.engine import Database
from gateway.prediction_log.tables import PREDICTIONS

ENTRIES: ColumnElement[str] = bindparam("entries", type_=Text())
"""A JSON list of objects, whose keys are the table's columns."""
COUNTING = {"preserve_rowcount": True}


class Refused(Exception):
    """The database refuses an entry for what it holds."""


async def insert(database: Database, documents: Sequence[bytes]) -> int:
    """Insert JSON objects, and say how many are new; raises `DatabaseUnavailable`, or `Refused` for one of them."""
    entries = b"[" + b",".join(documents) + b"]"
    statement = _for_postgresql() if database.is_postgresql else _for_sqlite()
    try:
        async with database.transaction() as connection:
            return (
                await connection.execute(statement, {"entries": entries.decode()}, execution_options=COUNTING)
            ).rowcount
    except (DataError, IntegrityError):
        raise Refused from None


@cache
def _for_postgresql() -> Insert:
    columns = [column(one.name, one.type) for one in PREDICTIONS.c]
    entry = func.json_to_recordset(cast(ENTRIES, JSON())).table_valued(*columns, name="entry")
    found = select(*entry.render_derived(with_types=True).c)
    return postgresql.insert(PREDICTIONS).from_select(PREDICTIONS.c.keys(), found).on_conflict_do_nothing()


@cache
def _for_sqlite() -> Insert:
    # With a limit it stays a query of its own. Else SQLite writes an entry anew for each column that is taken from it,
    # which makes the statement twice as long. (A CTE would stand before INSERT, and sqlite3 would count no rows then.)
    each = select(func.json_each(ENTRIES).table_valued("value").c.value).limit(-1)
    value = each.subquery("entry").c.value

    def taken(name: str) -> ColumnElement[Any]:
        found = func.json_extract(value, f"$.{name}")
        if name == "id":
            return func.replace(found, "-", "")
        # As SQLAlchemy writes a time.
        return func.strftime("%Y-%m-%d %H:%M:%f", found).concat(literal("000")) if name == "time" else found

    # WHERE: else ON would be taken for a join's.
    found = select(*map(taken, PREDICTIONS.c.keys())).where(true())
    return sqlite.insert(PREDICTIONS).from_select(PREDICTIONS.c.keys(), found).on_conflict_do_nothing()
