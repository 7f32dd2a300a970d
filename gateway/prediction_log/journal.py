"""What was predicted and isn't in the database yet: files of lines, in the order of their names.

Everything here blocks, and may be called from several threads.
"""

import contextlib
import errno
import os
import threading
from pathlib import Path

from gateway.prediction_log.lines import Read, read
from gateway.prediction_log.segment import SUFFIX, OpenSegment, Segment

NAMES = f"{'[0-9]' * 12}{SUFFIX}"
SEGMENT_BYTES = 8 * 1024 * 1024


class Journal:
    """The journal in one folder, which this process holds; begun by another one, perhaps."""

    def __init__(self, folder: Path, *, max_bytes: int, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        self._open: OpenSegment | None = None
        self._closed = [Segment.at(path) for path in sorted(folder.glob(NAMES))]
        self._next = 1 + max((int(segment.path.stem) for segment in self._closed), default=0)

    @property
    def size(self) -> int:
        """Bytes in it."""
        current = self._open
        return sum(segment.size for segment in list(self._closed)) + (current.size if current else 0)

    @property
    def oldest(self) -> float | None:
        """A time that none of its files is older than, in seconds since 1970; None where there is none."""
        current = self._open
        return next((segment.time for segment in list(self._closed)), current.opened if current else None)

    def append(self, lines: bytes, *, sync: bool) -> None:
        """Add whole lines; with `sync`, wait for the disk. Raises `OSError`, as it does where the journal is full."""
        with self._lock:
            # Entries that were answered already may be more than the limit: they have to go somewhere.
            if self.size and self.size + len(lines) > self._max_bytes:
                raise OSError(errno.EDQUOT, "the journal is full")
            try:
                self._append(lines, sync=sync)
            except OSError:
                # What a failed write or sync left behind is unknown: nothing is added to it.
                self._end()
                raise

    def end_segment(self) -> None:
        """Let nothing more be added to the current file, so that it can be shipped."""
        with self._lock:
            self._end()

    def end_segment_if_alone(self) -> None:
        """The same, but only if no older file waits: while none can be shipped, files are few and large."""
        with self._lock:
            if not self._closed:
                self._end()

    def closed(self) -> list[Segment]:
        """The files that nothing is added to any more, the oldest first."""
        with self._lock:
            return list(self._closed)

    def remove(self, segment: Segment) -> None:
        """Delete a file; raises `OSError`."""
        segment.path.unlink(missing_ok=True)
        with self._lock:
            self._closed = [one for one in self._closed if one != segment]

    def end(self) -> None:
        """Let nothing more be added, and wait until the disk has all of it; raises `OSError`."""
        self.end_segment()
        for segment in self.closed():
            # The shipper may have been removing one when it was stopped.
            with contextlib.suppress(FileNotFoundError):
                sync_path(segment.path)
        sync_path(self._folder)

    def _append(self, lines: bytes, *, sync: bool) -> None:
        if self._open is None:
            self._open = OpenSegment(self._folder / f"{self._next:012d}{SUFFIX}")
            self._next += 1
            if sync:
                sync_path(self._folder)
        self._open.append(lines)
        if sync:
            self._open.sync()
        if self._open.size >= self._segment_bytes:
            self._end()

    def _end(self) -> None:
        ended, self._open = self._open, None
        if ended is None:
            return
        if ended.size:
            self._closed.append(Segment(ended.path, ended.size, ended.opened))
        else:
            # Nothing could be written to it: a disk that stays full must not fill with empty files.
            ended.path.unlink(missing_ok=True)
        ended.close()


def contents(segment: Segment) -> Read:
    """What a file holds, which is nothing once it was removed; raises `OSError`."""
    try:
        with segment.path.open("rb") as file:
            return read(file)
    except FileNotFoundError:
        return Read([], 0)


def sync_path(path: Path) -> None:
    """Wait until the disk has a file, or a folder's list of files; raises `OSError`."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
