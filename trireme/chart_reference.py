"""The chart's README, made from its values, their comments and their schema."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

INDENT = 2
_KEY = re.compile(r"^(?P<indent> *)(?P<name>[A-Za-z][A-Za-z0-9]*):(?: +(?P<value>.*))?$")
HEAD = """# The Trireme chart

A model of a Trireme repository, served by Triton under KServe, and the gateway before it.
[How to deploy](../../docs/deploy.md) tells what is needed, step by step; `values-<profile>.yaml` are values to begin
with.

| value | default | may be | meaning |
| --- | --- | --- | --- |
"""


class Value(NamedTuple):
    """One value of the chart."""

    path: tuple[str, ...]
    default: str
    """As it stands in values.yaml; empty where other values lie below."""
    comment: str


def readme(chart: Path) -> str:
    """The README of the chart in a folder."""
    schema = json.loads((chart / "values.schema.json").read_text())
    values = _values((chart / "values.yaml").read_text())
    return HEAD + "".join(_row(value, _of(schema, value.path)) for value in values if value.default or value.comment)


def _values(text: str) -> Iterator[Value]:
    path: list[str] = []
    comment: list[str] = []
    for line in text.splitlines():
        stripped, found = line.strip(), _KEY.match(line)
        if stripped.startswith("#"):
            comment.append(stripped.removeprefix("#").strip())
            continue
        if found is not None:
            path[len(found["indent"]) // INDENT :] = [found["name"]]
            yield Value(tuple(path), found["value"] or "", " ".join(comment))
        comment = []


def _of(schema: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    """What the schema says of a value; nothing where it says nothing."""
    found: Mapping[str, Any] = schema
    for name in path:
        found = _resolved(schema, found.get("properties", {}).get(name, {}))
    return found


def _resolved(schema: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
    name = found.get("$ref", "").rpartition("/")[2]
    return schema["definitions"][name] if name else found


def _row(value: Value, schema: Mapping[str, Any]) -> str:
    meaning = value.comment or schema.get("description", "")
    default = f"`{value.default}`" if value.default else ""
    return f"| `{'.'.join(value.path)}` | {_cell(default)} | {_cell(_kind(schema))} | {_cell(meaning)} |\n"


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    bounds = " to ".join(f"{schema[name]:,}" for name in ("minimum", "maximum") if name in schema)
    if "minimum" in schema and "maximum" not in schema:
        bounds = f"from {bounds}"
    return " ".join(filter(None, (schema.get("type", ""), bounds)))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
