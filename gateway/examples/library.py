"""Uploaded examples as the store holds them; several gateways see each other's batches."""

import asyncio
import logging
import time
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pyarrow as pa
from obstore.exceptions import BaseError
from pydantic import ValidationError

from contract.examples.batch import Batch, Withdrawal, batch_path, erasure_path, object_path, withdrawal_path
from gateway.examples.digests import Keyring, Keys, picture_keys
from gateway.examples.errors import BatchUnknown, ExamplesErased, ExamplesUnavailable
from gateway.examples.index import Entry, Marks, ModelIndex
from gateway.examples.row_digests import read_digests
from gateway.examples.storage import ExampleStorage

AT_ONCE = 8
"""Manifests that are read at the same time."""

log = logging.getLogger(__name__)


class ExampleLibrary:
    """Finds, adds and withdraws batches; what it knows of other gateways' is at most `max_age_s` old.

    Every method raises `ExamplesUnavailable` where the store is away.
    """

    def __init__(self, storage: ExampleStorage, *, max_age_s: float = 2.0) -> None:
        self.storage = storage
        self._max_age_s = max_age_s
        self._models: dict[str, ModelIndex] = {}

    async def batches(self, model: str) -> list[Batch]:
        """The batches in effect, oldest first, both uses; without their lists of pictures, which `find` gives."""
        return [entry.batch for entry in (await self.index(model)).in_effect]

    async def find(self, model: str, id: str) -> Batch:  # noqa: A002 - the field's own name
        """One batch with all its pictures, a withdrawn one too; raises `BatchUnknown`."""
        if id not in (await self.index(model)).entries:
            raise BatchUnknown
        return await self._manifest(model, id)

    async def is_withdrawn(self, model: str, id: str) -> bool:  # noqa: A002 - the field's own name
        """Whether a batch counts no more."""
        return (await self.index(model)).marks.withdrawal(id) is not None

    async def index(self, model: str, *, max_age_s: float | None = None) -> ModelIndex:
        """What is known of a model, listed anew where it is older than that."""
        index = self._models.setdefault(model, ModelIndex())
        async with index.lock:
            if index.is_older_than(self._max_age_s if max_age_s is None else max_age_s):
                await self._refresh(model, index)
        return index

    async def index_with_digests(self, model: str) -> ModelIndex:
        """What is known of a model now, with the digests of all rows in effect."""
        index = await self.index(model, max_age_s=0)
        async with index.lock:
            for entry in index.in_effect:
                if entry.digests is None:
                    await self._read_rows(model, index, entry)
        return index

    async def named(self, model: str) -> Keyring | None:
        """The objects that a manifest names now, of withdrawn batches too; None where a manifest can't be read."""
        there = {PurePosixPath(name).stem async for name, _ in self.storage.names(f"{model}/batches")}
        index = await self.index(model, max_age_s=0)
        if not there <= index.entries.keys():
            return None
        return Keyring.of(entry.files for entry in index.entries.values())

    async def add(self, batch: Batch, files: Keys, before: Marks) -> None:
        """Make a batch whose objects are stored count; `before` are the marks from before they were.

        Raises `ExamplesErased` where meanwhile a batch with one of the files was being erased, which may have deleted
        that file; then the new batch is withdrawn.
        """
        await self.storage.create(batch_path(batch.model, batch.id), batch.model_dump_json(exclude_none=True).encode())
        index = await self.index(batch.model, max_age_s=0)
        if any(_may_share(index, one, files) for one in index.marks.touched_since(before)):
            await self._note(batch.model, batch.id, batch.principal)
            raise ExamplesErased

    async def withdraw(self, model: str, id: str, principal: str) -> Batch:  # noqa: A002 - the field's own name
        """Make a batch count no more; its files stay. Raises `BatchUnknown`; does nothing the second time."""
        batch = await self.find(model, id)
        await self._note(model, id, principal)
        await self.index(model, max_age_s=0)
        return batch

    async def erase(self, model: str, id: str, principal: str) -> tuple[int, int]:  # noqa: A002 - the field's own name
        """Withdraw a batch, and delete its manifest and the files that no other batch has.

        Gives how many files were deleted and how many are another batch's too. Raises `BatchUnknown`. Where it breaks
        off it can be repeated: the manifest goes last.
        """
        batch = await self.find(model, id)
        # Both before the look at the other batches: who adds one later sees them, and takes nothing for stored.
        await self.storage.put(erasure_path(model, id), b"")
        await self._note(model, id, principal)
        index = await self.index(model, max_age_s=0)
        files = _objects(batch)
        kept = await self._held_by_others(index, batch, files)
        for digest in files - kept:
            await self.storage.delete(object_path(model, digest))
        await self.storage.delete(batch_path(model, id))
        await self.storage.delete(erasure_path(model, id))
        index.entries.pop(id, None)
        return len(files) - len(kept), len(kept)

    async def _held_by_others(self, index: ModelIndex, batch: Batch, files: set[str]) -> set[str]:
        own = picture_keys(sorted(files))
        kept: set[str] = set()
        for entry in index.in_effect:
            if entry.batch.id != batch.id and entry.shares(own):
                kept |= _objects(await self._manifest(batch.model, entry.batch.id))
        return kept & files

    async def _note(self, model: str, id: str, principal: str) -> None:  # noqa: A002 - the field's own name
        """Note a withdrawal; a second one is told from the first by its time."""
        path = withdrawal_path(model, id)
        note = Withdrawal(time=datetime.now(UTC), principal=principal).model_dump_json().encode()
        if not await self.storage.create(path, note):
            await self.storage.put(path, note)

    async def _refresh(self, model: str, index: ModelIndex) -> None:
        there = {PurePosixPath(name).stem async for name, _ in self.storage.names(f"{model}/batches")}
        # After the batches: one that was withdrawn in between must not seem to be in effect.
        marks = Marks({name: mark async for name, mark in self.storage.names(f"{model}/withdrawn")})
        for id in index.entries.keys() - there:  # noqa: A001 - the field's own name
            del index.entries[id]
        await self._read(model, index, sorted(there - index.entries.keys()))
        index.mark(marks)
        index.looked = time.monotonic()

    async def _read(self, model: str, index: ModelIndex, ids: list[str]) -> None:
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            found = await asyncio.gather(*(self._manifest_or_none(model, one) for one in some))
            index.entries |= {one.id: Entry.of(one, index.labels) for one in found if one is not None}

    async def _manifest(self, model: str, id: str) -> Batch:  # noqa: A002 - the field's own name
        found = await self._manifest_or_none(model, id)
        if found is None:
            raise BatchUnknown
        return found

    async def _manifest_or_none(self, model: str, id: str) -> Batch | None:  # noqa: A002 - the field's own name
        data = await self.storage.get(batch_path(model, id))
        try:
            found = None if data is None else await asyncio.to_thread(Batch.model_validate_json, data)
        except ValidationError:
            found = None
        if data is not None and (found is None or (found.model, found.id) != (model, id)):
            log.warning("the manifest of batch %s of %s can't be read; the batch is absent", id[:36], model)
            return None
        return found

    async def _read_rows(self, model: str, index: ModelIndex, entry: Entry) -> None:
        assert entry.batch.rows is not None  # noqa: S101 - pictures have their digests in the manifest
        try:
            file = await self.storage.reader(object_path(model, entry.batch.rows.digest))
            if file is None:
                raise ExamplesUnavailable(f"The rows of batch {entry.batch.id} are missing: withdraw it.")
            entry.digests = await asyncio.to_thread(read_digests, file, index.labels)
        except (pa.ArrowException, BaseError, OSError):
            raise ExamplesUnavailable(f"The rows of batch {entry.batch.id} can't be read.") from None


def _objects(batch: Batch) -> set[str]:
    return {picture.digest for picture in batch.pictures} or ({batch.rows.digest} if batch.rows else set())


def _may_share(index: ModelIndex, id: str, files: Keys) -> bool:  # noqa: A002 - the field's own name
    entry = index.entries.get(id)
    # Of a batch that is gone nobody knows what it held.
    return entry is None or entry.shares(files)
