"""One file of a journal."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

SUFFIX = ".entries"


@dataclass(frozen=True)
class Segment:
    """A file of lines that nothing is added to any more."""

    path: Path
    size: int
    """Bytes."""
    time: float
    """When it was last written to, in seconds since 1970."""

    @classmethod
    def at(cls, path: Path) -> Self:
        """What lies at a path."""
        found = path.stat()
        return cls(path, found.st_size, found.st_mtime)


@dataclass
class OpenSegment:
    """A file that lines are added to; after an error it must be closed."""

    path: Path
    size: int = 0
    opened: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)

    def append(self, lines: bytes) -> None:
        """Add whole lines; raises `OSError`, and then none of them stays."""
        try:
            left = memoryview(lines)
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(lines)

    def sync(self) -> None:
        """Wait until the disk has what was added; raises `OSError`."""
        os.fdatasync(self._file)

    def close(self) -> None:
        """End it."""
        os.close(self._file)
