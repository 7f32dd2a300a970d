"""The two forms of a log's line."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from gateway.telemetry.cleaning import LONG, clean

FIELDS = ("trace_id", "span_id", "request_id", "principal", "method", "route", "status", "code", "ms")
"""What a line may tell besides time, level, logger and message. Nothing else that a record carries is written."""


class JsonLines(JsonFormatter):
    """One JSON document a line, in ASCII."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:  # noqa: ARG002 - the library's signature
        """Only what is on the list, cleaned."""
        log_data["time"] = _time(record)
        log_data["level"] = record.levelname
        log_data["logger"] = clean(record.name)
        log_data["message"] = clean(record.getMessage(), LONG)
        log_data.update(_fields(record))


class TextLines(logging.Formatter):
    """Lines for people: the message, and by which request it can be found again."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        found = dict(_fields(record))
        request = "".join(f" {name}={found[key]}" for key, name in _SHOWN.items() if key in found)
        return f"{_time(record)} {record.levelname} {clean(record.name)} {clean(record.getMessage(), LONG)}{request}"


_SHOWN = {"trace_id": "trace", "request_id": "request", "principal": "by"}


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, str | int | float]]:
    for name in FIELDS:
        value = getattr(record, name, None)
        if value is not None:
            yield name, value if isinstance(value, int | float) else clean(str(value))


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
