"""What a step of SQL may be: one SELECT over tables that are given, of functions that always answer alike."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import duckdb

from contract.errors import SqlInvalid
from contract.sql.features import SqlFeatures, SqlStep

TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
"""All others read files, settings or the catalogue."""
CLOCK = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
"""Functions without brackets."""
Node = dict[str, Any]


def check_steps(features: SqlFeatures, connection: duckdb.DuckDBPyConnection) -> None:
    """Raise `SqlInvalid` unless each step is a plain SELECT over the raw tables and the steps before it."""
    known = {table.name for table in features.tables}
    for step in features.steps:
        _check(step, known, connection)
        known.add(step.name)


def _check(step: SqlStep, known: set[str], connection: duckdb.DuckDBPyConnection) -> None:
    nodes = list(_nodes(_tree(step, connection)))
    inside = {str(entry["key"]) for node in nodes if "cte_map" in node for entry in node["cte_map"]["map"]}
    changing = _changing_functions()
    for node in nodes:
        if fault := _fault(node, {name.lower() for name in known | inside}, changing):
            raise SqlInvalid(f"Step {step.name!r} {fault}.")


def _tree(step: SqlStep, connection: duckdb.DuckDBPyConnection) -> Any:
    try:
        statements = connection.extract_statements(step.select)
    except duckdb.Error as error:
        raise SqlInvalid(f"Step {step.name!r} is not SQL that can be read: {first_line(error)}.") from error
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise SqlInvalid(f"Step {step.name!r} must be one SELECT.")
    text = connection.execute("SELECT json_serialize_sql(?)", [step.select]).fetchall()[0][0]
    try:
        tree = json.loads(text)
    except RecursionError:
        raise SqlInvalid(f"Step {step.name!r} nests too deeply.") from None
    if tree["error"]:
        raise SqlInvalid(f"Step {step.name!r} must be one plain SELECT.")
    return tree


def _fault(node: Node, known: set[str], changing: frozenset[str]) -> str | None:
    return _wrong_source(node, known) or _wrong_call(node, changing)


def _wrong_source(node: Node, known: set[str]) -> str | None:
    match node:
        case {"type": "BASE_TABLE", "table_name": name} if node.get("schema_name") or name.lower() not in known:
            return f"reads {name!r}, which is neither a raw table nor a step before it"
        case {"type": "TABLE_FUNCTION", "function": {"function_name": name}} if name.lower() not in TABLE_FUNCTIONS:
            return f"reads from {name!r}, and a step reads tables only"
        case {"type": "SHOW_REF"}:
            return "describes tables instead of selecting from them"
    return None


def _wrong_call(node: Node, changing: frozenset[str]) -> str | None:
    match node:
        case {"function_name": name} if name.lower() in changing:
            return f"calls {name!r}, which doesn't always answer alike"
        case {"type": "COLUMN_REF", "column_names": [*_, name]} if name.lower() in CLOCK:
            return f"reads the clock by {name!r}"
        case {"sample": sample} if sample:
            return "takes a sample, which is another one each time"
    return None


def _nodes(tree: Any) -> Iterator[Node]:
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
            pending += node.values()
        elif isinstance(node, list):
            pending += node


@cache
def _changing_functions() -> frozenset[str]:
    """Functions whose answer depends on more than their arguments: on time, chance, settings or state."""
    with duckdb.connect(":memory:") as connection:
        query = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
        return frozenset(name for (name,) in connection.execute(query).fetchall())


def first_line(error: duckdb.Error) -> str:
    """What DuckDB says of a recipe's own SQL, in one line without its full stop."""
    return str(error).splitlines()[0].rstrip(".!")
