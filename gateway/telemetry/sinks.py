"""Where the lines of a log go. Only one thread writes, and an error there is counted, never raised or shown."""

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path


class _Unlocked(logging.Handler):
    """Without the lock: the end of the program takes it, and must not wait for a reader that hangs."""

    failed = 0
    """Lines that could not be written."""

    def handle(self, record: logging.LogRecord) -> bool:
        """Write one record."""
        self.emit(record)
        return True

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's signature
        """Count; a full disk or a reader that left is no reason to fail."""
        self.failed += 1


class DescriptorSink(_Unlocked):
    """Writes to a file descriptor, such as standard output's, past Python's own buffers and their locks."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; blocks as long as the reader does."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            while line:
                line = line[os.write(self._descriptor, line) :]
        except OSError:
            self.handleError(record)


class FileSink(_Unlocked, RotatingFileHandler):
    """Writes to a file that is renamed when it is full; the oldest of those is removed."""

    def __init__(self, path: Path, *, max_bytes: int, keep: int) -> None:
        RotatingFileHandler.__init__(
            self,
            path,
            maxBytes=max_bytes,
            backupCount=keep,
            encoding="utf-8",
            errors="backslashreplace",
            # Opened by the first line: a file that can't be is counted like any other failure.
            delay=True,
        )

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def close(self) -> None:
        """Close the file; what a full disk didn't take is lost."""
        try:
            RotatingFileHandler.close(self)
        except OSError:
            self.failed += 1
