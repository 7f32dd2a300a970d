"""The program's log: every logger's records, with what is known of the request, to the sinks of the settings."""

import contextlib
import copy
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from gateway.faults import described
from gateway.telemetry.backlog import Backlog, Writer
from gateway.telemetry.context import CURRENT
from gateway.telemetry.formats import JsonLines, TextLines
from gateway.telemetry.settings import TelemetrySettings
from gateway.telemetry.sinks import DescriptorSink, FileSink, Sink

QUIET: Mapping[str, int] = MappingProxyType(
    {
        "httpx": logging.WARNING,
        "sqlalchemy": logging.WARNING,
        "alembic": logging.WARNING,
        "aiosqlite": logging.WARNING,
        "asyncio": logging.WARNING,
        "urllib3": logging.ERROR,
    }
)
"""Libraries' loggers, and the least severe of their messages that are of use here."""


class LogHandler(logging.Handler):
    """Makes records ready and adds them to a backlog, or drops them where it is full: nothing waits for a log."""

    def __init__(self, backlog: Backlog, sinks: Sequence[Sink]) -> None:
        super().__init__()
        self.dropped = 0
        """Records that found the backlog full, or whose message could not be made."""
        self._backlog = backlog
        self._sinks = sinks

    @property
    def failed(self) -> int:
        """Lines that a sink could not write."""
        return sum(sink.failed for sink in self._sinks)

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; its message is made here, because its arguments may change."""
        try:
            is_kept = self._backlog.add(_ready(record))
        except Exception:  # noqa: BLE001 - logging's own way would print the record's arguments
            is_kept = False
        self.dropped += not is_kept


def _ready(record: logging.LogRecord) -> logging.LogRecord:
    """A record for another thread and time, without an exception's text, which may hold anything."""
    ready = copy.copy(record)
    error = record.exc_info[1] if record.exc_info else None
    message = _message(record)
    ready.msg = message if error is None else f"{message.rstrip()}: {described(error)}"
    ready.args = ready.exc_info = ready.exc_text = ready.stack_info = None
    request = CURRENT.get()
    if request is not None:
        vars(ready).update(request.fields())
    return ready


def _message(record: logging.LogRecord) -> str:
    message = record.getMessage()
    # Below its first line asyncio shows tasks and callbacks, with the texts of errors and arguments.
    return message.partition("\n")[0] if record.name == "asyncio" else message


@contextlib.contextmanager
def logging_to(descriptor: int, settings: TelemetrySettings, quiet: Mapping[str, int] = QUIET) -> Iterator[LogHandler]:
    """Within this block the program logs to a file descriptor, and to a file where the settings name one."""
    sinks = _sinks(descriptor, settings)
    backlog = Backlog(settings.logging_queue)
    handler, writer = LogHandler(backlog, sinks), Writer(backlog, sinks)
    writer.start()
    _install(handler, settings.logging_level, quiet)
    try:
        yield handler
    finally:
        logging.getLogger().removeHandler(handler)
        writer.stop()
        for sink in sinks:
            sink.close()


def _install(handler: logging.Handler, level: str, quiet: Mapping[str, int]) -> None:
    least = logging.getLevelNamesMapping()[level.upper()]
    root = logging.getLogger()
    root.setLevel(least)
    root.addHandler(handler)
    for name, library in quiet.items():
        logging.getLogger(name).setLevel(max(least, library))


def _sinks(descriptor: int, settings: TelemetrySettings) -> list[Sink]:
    is_text = settings.logging_format == "text" or (settings.logging_format == "auto" and os.isatty(descriptor))
    formatter = TextLines() if is_text else JsonLines()
    sinks: list[Sink] = [DescriptorSink(descriptor, formatter)]
    if settings.logging_file is not None:
        bounds = {"max_bytes": settings.logging_file_bytes, "keep": settings.logging_files}
        sinks.append(FileSink(settings.logging_file, formatter, **bounds))
    return sinks
