"""The proof that features by SQL are the same for an application alone, as JSON, as among all others."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from contract.errors import SqlInvalid
from contract.sql.raw import read_raw
from contract.sql.runner import SqlRunner


def prove_alike(runner: SqlRunner, tables: dict[str, pa.Table], features: pa.Table, places: Sequence[int]) -> None:
    """Compute the rows of `features` at some places again, each from its own raw rows as JSON sends them.

    `features` were made of `tables`, all of which have the id's column. Raises `SqlInvalid` unless they are equal bit
    for bit: then a step looks at other applications, or depends on the order of rows.
    """
    for place in places:
        wanted = features.slice(place, 1)
        found = runner.run(read_raw(runner.features, _sent(tables, features.column_names[0], wanted)).tables)
        if not found.equals(wanted):
            raise SqlInvalid(f"The steps make {_first_difference(found, wanted)!r} otherwise for one row alone.")


def _sent(tables: dict[str, pa.Table], key: str, wanted: pa.Table) -> Any:
    """The raw rows of one id, through JSON."""
    own = {name: table.filter(pc.equal(table[key], wanted[key][0])) for name, table in tables.items()}
    return json.loads(json.dumps({name: table.to_pylist() for name, table in own.items()}, default=str))


def _first_difference(found: pa.Table, wanted: pa.Table) -> str:
    if len(found) != len(wanted):
        return str(wanted.column_names[0])
    return next(str(name) for name in wanted.column_names if not found[name].equals(wanted[name]))
