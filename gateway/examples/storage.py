"""The object store under uploaded examples: what is said to be stored is on the disk, and faults are one sentence."""

import asyncio
import contextlib
import errno
import logging
import os
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore

from contract.store import NO_BUCKET, S3, is_refused, open_store
from gateway.errors import DiskFull
from gateway.examples.errors import ExamplesOff, ExamplesUnavailable

PIECE = 8 * 1024 * 1024
"""Bytes of one piece of a large object, two of which are under way at a time."""
_FULL = re.compile(rf"\(os error (?:{errno.ENOSPC}|{errno.EDQUOT}|{errno.EFBIG})\)")
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

log = logging.getLogger(__name__)


class ExampleStorage:
    """A folder or a bucket, opened when it is first used, so that a gateway starts without it.

    Every method raises `ExamplesUnavailable` where the store is away or refuses, `ExamplesOff` where there is none, and
    `DiskFull`.
    """

    def __init__(self, location: str, *, endpoint: str = "", timeout_s: float = 30.0) -> None:
        self._location = location
        self._endpoint = endpoint or None
        self._timeout_s = timeout_s
        self._folder = None if location.startswith(S3) else Path(location).absolute()
        self._store: ObjectStore | None = None

    async def put(self, path: str, data: bytes | BinaryIO) -> None:
        """Store an object, in place of one that may be there."""
        with _told():
            await obstore.put_async(await self._opened(), path, data, chunk_size=PIECE, max_concurrency=2)
            await self._on_disk(path)

    async def create(self, path: str, data: bytes) -> bool:
        """Store an object for good, with all that was put before; False where there is one, which stays."""
        with _told():
            store = await self._opened()
            await self._folders_on_disk(path)
            try:
                await obstore.put_async(store, path, data, mode="create")
            except AlreadyExistsError:
                return False
            await self._on_disk(path)
            await self._folders_on_disk(path)
        return True

    async def get(self, path: str) -> bytes | None:
        """An object; None where there is none."""
        with _told():
            try:
                found = await obstore.get_async(await self._opened(), path)
                return bytes(await found.bytes_async())
            except FileNotFoundError as error:
                if NO_BUCKET in str(error):
                    raise
                return None

    async def reader(self, path: str) -> "obstore.ReadableFile | None":
        """An object as a file, for a thread; None where there is none."""
        with _told():
            try:
                return await asyncio.to_thread(obstore.open_reader, await self._opened(), path)
            except FileNotFoundError:
                return None

    async def names(self, folder: str) -> AsyncIterator[tuple[str, str]]:
        """The objects of a folder: the name, and what changes with its content."""
        with _told():
            async for some in obstore.list(await self._opened(), f"{folder}/"):
                for one in some:
                    yield PurePosixPath(one["path"]).name, one["e_tag"] or one["last_modified"].isoformat()

    async def delete(self, path: str) -> None:
        """Delete an object, if it is there."""
        with _told(), contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(await self._opened(), path)

    async def folders(self) -> list[str]:
        """The folders at the top: the models that have, or had, examples."""
        with _told():
            found = await obstore.list_with_delimiter_async(await self._opened())
            return sorted(found["common_prefixes"])

    async def times(self, folder: str) -> AsyncIterator[tuple[str, datetime]]:
        """The objects of a folder: the name, and when it was written last."""
        with _told():
            async for some in obstore.list(await self._opened(), f"{folder}/"):
                for one in some:
                    yield PurePosixPath(one["path"]).name, one["last_modified"]

    async def time(self, path: str) -> datetime | None:
        """When an object was written last; None where there is none."""
        with _told():
            try:
                found: datetime = (await obstore.head_async(await self._opened(), path))["last_modified"]
            except FileNotFoundError:
                return None
        return found

    async def move(self, path: str, to: str) -> None:
        """Move an object within a model, if it is there."""
        with _told(), contextlib.suppress(FileNotFoundError):
            await obstore.rename_async(await self._opened(), path, to)
            await self._folders_on_disk(to)

    async def delete_halves(self, model: str, before: datetime) -> None:
        """Delete what a killed process wrote half, which a folder's listing leaves out; of a bucket nothing."""
        with _told():
            await self._opened()
            if self._folder is not None:
                await asyncio.to_thread(_delete_halves, self._folder / model, before.timestamp())

    async def _opened(self) -> ObjectStore:
        if not self._location:
            raise ExamplesOff
        if self._store is None:
            self._store = await asyncio.to_thread(
                open_store, self._location, endpoint=self._endpoint, timeout_s=self._timeout_s
            )
        # Else it would be made anew, in place of a volume that isn't mounted any more.
        if self._folder is not None and not await asyncio.to_thread(self._folder.is_dir):
            raise ExamplesUnavailable("The folder of examples is gone.")
        return self._store

    async def _on_disk(self, path: str) -> None:
        # The local store leaves that to chance.
        if self._folder is not None:
            await asyncio.to_thread(_sync, self._folder / path)

    async def _folders_on_disk(self, path: str) -> None:
        if self._folder is not None:
            await asyncio.to_thread(_sync_folders, self._folder, PurePosixPath(path).parts[0])


def _delete_halves(folder: Path, before: float) -> None:
    # The local store writes to such names, and renames.
    for path in folder.glob("*/*#*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()


def _sync_folders(root: Path, model: str) -> None:
    for folder in ("objects", "batches", "withdrawn", "."):
        with contextlib.suppress(FileNotFoundError):
            _sync(root / model / folder)
    _sync(root)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        log.warning("the store of examples failed (%s)", type(error).__name__)
        raise _ours(error) from None


def _ours(error: Exception) -> DiskFull | ExamplesUnavailable:
    text = str(error)
    if _FULL.search(text) or (isinstance(error, OSError) and error.errno in FULL):
        return DiskFull("The disk of the store of examples is full; nothing was stored.")
    if is_refused(error):
        return ExamplesUnavailable("The store of examples refuses the gateway: its credentials or rights are wrong.")
    if NO_BUCKET in text:
        return ExamplesUnavailable("The bucket of examples doesn't exist.")
    return ExamplesUnavailable("The store of examples can't be reached or used.")
