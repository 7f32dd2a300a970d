"""The way of a log's records: from any thread into a bounded queue, and from there to the sinks, by one thread."""

import contextlib
import copy
import logging
import os
import queue
from collections.abc import Iterator, Mapping
from logging.handlers import QueueHandler, QueueListener
from types import MappingProxyType
from typing import Any

from gateway.faults import described
from gateway.telemetry.context import CURRENT
from gateway.telemetry.formats import JsonLines, TextLines
from gateway.telemetry.settings import TelemetrySettings
from gateway.telemetry.sinks import DescriptorSink, FileSink

STOP_S = 3.0
"""How long the end of the program waits for lines that aren't written yet."""

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

Queue = queue.Queue[Any]
Sink = DescriptorSink | FileSink


class RecordQueue(QueueHandler):
    """Puts records into a queue, or drops them where it is full: a log must not hold up a request."""

    def __init__(self, records: Queue, sinks: tuple[Sink, ...]) -> None:
        super().__init__(records)
        self.dropped = 0
        """Records that found the queue full, or that could not be formatted."""
        self._sinks = sinks

    @property
    def failed(self) -> int:
        """Lines that a sink could not write."""
        return sum(sink.failed for sink in self._sinks)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """The record with its message made, and what is known of the request; an exception's text is left out."""
        ready = copy.copy(record)
        error = record.exc_info[1] if record.exc_info else None
        ready.msg = record.getMessage() if error is None else f"{record.getMessage().rstrip()}: {described(error)}"
        ready.args = ready.exc_info = ready.exc_text = ready.stack_info = None
        request = CURRENT.get()
        if request is not None:
            vars(ready).update(request.fields())
        return ready

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put a record into the queue, without waiting."""
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's signature
        """Count; logging's own way would print the record's arguments."""
        self.dropped += 1


class _Writer(QueueListener):
    """Writes what is queued; its end is bounded, so that a reader that hangs can't keep the program from ending."""

    def __init__(self, records: Queue, sinks: tuple[Sink, ...]) -> None:
        super().__init__(records, *sinks)
        self._records = records

    def stop(self) -> None:
        """Write what is there, and end."""
        with contextlib.suppress(queue.Full):
            self._records.put(None, timeout=STOP_S)
        if self._thread is not None:
            self._thread.join(STOP_S)


@contextlib.contextmanager
def logging_to(
    descriptor: int, settings: TelemetrySettings, quiet: Mapping[str, int] = QUIET
) -> Iterator[logging.Handler]:
    """Within this block the program logs to a file descriptor, and to a file where the settings name one."""
    sinks = _sinks(descriptor, settings)
    records = Queue(settings.logging_queue)
    handler, writer = RecordQueue(records, sinks), _Writer(records, sinks)
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


def _sinks(descriptor: int, settings: TelemetrySettings) -> tuple[Sink, ...]:
    is_text = settings.logging_format == "text" or (settings.logging_format == "auto" and os.isatty(descriptor))
    sinks: list[Sink] = [DescriptorSink(descriptor)]
    if settings.logging_file is not None:
        sinks.append(
            FileSink(settings.logging_file, max_bytes=settings.logging_file_bytes, keep=settings.logging_files)
        )
    for sink in sinks:
        sink.setFormatter(TextLines() if is_text else JsonLines())
    return tuple(sinks)
