"""The same entries as JSON Lines in a file of the user's."""

import logging
import os
from itertools import pairwise
from pathlib import Path

log = logging.getLogger(__name__)


class JsonLines:
    """Files of JSON Lines: the current one, and `.1`, `.2` and so on that were put aside, `.1` the youngest.

    One that can't be written is told of once, and holds up nothing: the database is the log.
    """

    def __init__(self, path: Path, *, max_bytes: int, files: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._files = files
        self._told = False

    def write(self, documents: list[bytes]) -> None:
        """Add JSON objects; blocks."""
        try:
            self._write(b"".join(found + b"\n" for found in documents))
            self._told = False
        except OSError as error:
            if not self._told:
                log.warning("the JSON Lines of the prediction log can't be written: %s", os.strerror(error.errno or 0))
            self._told = True

    def _write(self, lines: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size + len(lines) > self._max_bytes:
            self._put_aside()
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            left = memoryview(lines)
            while left:
                left = left[os.write(file, left) :]
        finally:
            os.close(file)

    def _put_aside(self) -> None:
        names = [self._path, *(Path(f"{self._path}.{number}") for number in range(1, self._files + 1))]
        for younger, older in reversed(list(pairwise(names))):
            if younger.exists():
                younger.replace(older)
