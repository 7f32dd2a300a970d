"""Bodies on the disk: a table's file arrives as a whole before the first row is read.

Most clients don't read an answer while they send, so that answering earlier would end in both waiting for each other.
The file has no name from the start; it is gone with the request, or with the process.
"""

import asyncio
import contextlib
import errno
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

from gateway.errors import BodyEmpty, DiskFull

BLOCK = 1024 * 1024
"""Bytes that are gathered before they are written."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Spool:
    """Takes bodies into files without a name."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @contextlib.asynccontextmanager
    async def received(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[BinaryIO]:
        """The body as a file, at its beginning; raises `BodyEmpty`, `DiskFull`, and what `chunks` raises."""
        async with self.empty() as file:
            await self._fill(file, chunks)
            yield file

    @contextlib.asynccontextmanager
    async def empty(self) -> AsyncIterator[BinaryIO]:
        """A file for the time of the context; raises `DiskFull`."""
        file = await asyncio.to_thread(self._open)
        try:
            yield file
        finally:
            await asyncio.to_thread(file.close)

    def _open(self) -> BinaryIO:
        with told_if_full():
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
            # Unbuffered: what a full disk refuses is refused by the write, not by the closing.
            return tempfile.TemporaryFile(dir=self._folder, buffering=0)

    async def _fill(self, file: BinaryIO, chunks: AsyncIterator[bytes]) -> None:
        gathered = bytearray()
        async for chunk in chunks:
            gathered += chunk
            if len(gathered) >= BLOCK:
                await asyncio.to_thread(write_all, file, gathered)
                gathered = bytearray()
        await asyncio.to_thread(write_all, file, gathered)
        if not file.tell():
            raise BodyEmpty
        file.seek(0)


def write_all(file: BinaryIO, data: bytes | bytearray) -> None:
    """Write all of it; blocks, and raises `DiskFull`."""
    left = memoryview(data)
    with told_if_full():
        while left:
            left = left[file.write(left) :]


@contextlib.contextmanager
def told_if_full() -> Iterator[None]:
    """Raise `DiskFull` where a file's error says so."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull from None
        raise
