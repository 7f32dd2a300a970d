"""Nested parameters as the flat names that trackers show."""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue


def flatten(parameters: Mapping[str, JsonValue], prefix: str = "") -> dict[str, JsonValue]:
    """Nested objects with dotted names, `search.kind`; lists as JSON texts; nulls are left out."""
    return dict(_flat(parameters, prefix))


def _flat(parameters: Mapping[str, JsonValue], prefix: str) -> Iterator[tuple[str, JsonValue]]:
    for name, value in parameters.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", json.dumps(value) if isinstance(value, list) else value
