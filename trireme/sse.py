"""Server-Sent Events, as the HTML standard writes them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """One event, whose data are a JSON object."""

    kind: str
    id: str | None
    data: dict[str, Any]


def events(lines: Iterable[str]) -> Iterator[Event]:
    """The events that lines hold; one that breaks off is left out, as are comments and what has no JSON object."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            _add(fields, line)
        else:
            event = _event(fields)
            fields = {}
            if event is not None:
                yield event


def _add(fields: dict[str, str], line: str) -> None:
    name, _, value = line.partition(":")
    value = value.removeprefix(" ")
    fields[name] = f"{fields[name]}\n{value}" if name == "data" and name in fields else value


def _event(fields: dict[str, str]) -> Event | None:
    try:
        data = json.loads(fields.get("data", ""))
    except ValueError:
        return None
    return Event(fields.get("event", "message"), fields.get("id"), data) if isinstance(data, dict) else None
