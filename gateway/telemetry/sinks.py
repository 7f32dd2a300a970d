"""Where the lines of a log go. Only one thread writes, and an error there is counted, never raised or shown."""

import logging
import os
from collections.abc import Sequence
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Protocol


class Sink(Protocol):
    """Takes records in one thread."""

    failed: int
    """Records that could not be written."""

    def write(self, records: Sequence[logging.LogRecord], /) -> None:
        """Write some records; raises nothing."""
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


class DescriptorSink:
    """Writes to a file descriptor, such as standard output's.

    Past Python's own buffers: the interpreter's end takes their locks, and must not wait for a reader that hangs.
    """

    def __init__(self, descriptor: int, formatter: logging.Formatter) -> None:
        self.failed = 0
        self._descriptor = descriptor
        self._formatter = formatter

    def write(self, records: Sequence[logging.LogRecord], /) -> None:
        """Write some lines; blocks as long as the reader does."""
        text = "".join(f"{self._formatter.format(record)}\n" for record in records)
        data = memoryview(text.encode(errors="backslashreplace"))
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            # The reader left, or it is a file on a disk that is full.
            self.failed += len(records)

    def close(self) -> None:
        """The descriptor is the caller's."""


class FileSink(RotatingFileHandler):
    """Writes to a file that is renamed when it is full; the oldest of those is removed."""

    def __init__(self, path: Path, formatter: logging.Formatter, *, max_bytes: int, keep: int) -> None:
        super().__init__(
            path,
            maxBytes=max_bytes,
            backupCount=keep,
            encoding="utf-8",
            errors="backslashreplace",
            # Opened by the first line: a file that can't be is counted like any other failure.
            delay=True,
        )
        self.failed = 0
        self.setFormatter(formatter)

    def write(self, records: Sequence[logging.LogRecord], /) -> None:
        """Write some lines, each to its end."""
        for record in records:
            self.emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's signature
        """Count; a full disk is no reason to fail."""
        self.failed += 1

    def close(self) -> None:
        """Close the file; what a full disk didn't take is lost."""
        try:
            super().close()
        except OSError:
            self.failed += 1

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()
