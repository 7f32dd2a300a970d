"""Uploads: everything is checked first, then stored, its manifest last, and only then acknowledged.

What breaks off before the manifest leaves at most objects that nothing names; they are harmless, and the next upload of
the same files uses their places.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO, TypeVar

from contract.errors import ColumnsMissing
from contract.examples.batch import Batch, Rows, object_path
from contract.inputs import ImageInput
from contract.tabular.formats import Format
from contract.tabular.reading import check_columns, open_table
from contract.tabular.table_file import Chunk, TableFile, TableLimits
from gateway.admission import Admission
from gateway.decoding import Decoder
from gateway.errors import FieldError, RequestInvalid
from gateway.examples.answers import Upload
from gateway.examples.digests import picture_keys
from gateway.examples.errors import ExamplesFull, ExamplesRefused
from gateway.examples.index import Marks
from gateway.examples.ledger import Ledger
from gateway.examples.library import ExampleLibrary
from gateway.examples.manifest import Sent
from gateway.examples.picture_intake import PictureIntake
from gateway.examples.report import UploadReport
from gateway.examples.row_intake import RowIntake
from gateway.examples.rows_file import RowsFile
from gateway.examples.settings import ExampleSettings
from gateway.examples.terms import Terms
from gateway.examples.typed_rows import kept_schema
from gateway.identifiers import Identifiers
from gateway.row_report import NAME_MAX_LENGTH
from gateway.tables.model import TableModel
from gateway.tables.spool import Spool
from gateway.tables.work import FileWork

T = TypeVar("T")
PUTS = 8
"""Pictures that are stored at the same time."""


@dataclass(frozen=True)
class Places:
    """Where an upload's parts are worked on."""

    decoder: Decoder
    work: FileWork
    spool: Spool


class Uploads:
    """Takes uploads into the library, a few at a time."""

    def __init__(
        self, library: ExampleLibrary, places: Places, settings: ExampleSettings, *, max_problems: int, max_rows: int
    ) -> None:
        self.library = library
        self._places = places
        self._settings = settings
        self._max_problems = max_problems
        self._max_rows = max_rows
        self._identifiers = Identifiers()
        self.admission = Admission(settings.max_uploads)

    async def pictures(self, terms: Terms, schema: ImageInput, sent: AsyncIterator[Sent]) -> Upload:
        """Take pictures into a new batch.

        Raises `ExamplesRefused`, `ExamplesFull`, `ExamplesErased`, `ExamplesUnavailable`, `DiskFull`, `Overloaded`, and
        what `sent` raises; then nothing counts that was sent.
        """
        begun = await self._begin(terms)
        async with self._places.spool.empty() as spool:
            intake = PictureIntake(
                self._places.decoder, schema, terms.card.output.labels, begun.ledger, begun.report, spool
            )
            await intake.take(sent)
            if not begun.is_wanted():
                return begun.answer(None)
            some = tuple(kept.picture for kept in intake.kept)
            batch = begun.batch(sum(kept.size for kept in intake.kept), pictures=some)
            self._check_bytes(begun, batch)
            await self._put_all(batch, intake)
        return await self._added(begun, batch, [picture.digest for picture in some])

    async def rows(self, terms: Terms, model: TableModel, file: BinaryIO, sent: Format, target: str) -> Upload:
        """Take a table's rows into a new batch; raises what `pictures` raises, and what `open_table` raises."""
        table = await self._run(partial(_opened, file, sent, model, target, TableLimits(rows=self._max_rows)))
        begun = await self._begin(terms)
        async with self._places.spool.empty() as spool:
            out = await self._run(partial(RowsFile, spool, kept_schema(model.schema)))
            try:
                await self._take_rows(RowIntake(model, target, begun.ledger, begun.report, out), table)
                await self._run(out.close)
            finally:
                await self._run(out.abandon)
            if not begun.is_wanted():
                return begun.answer(None)
            return await self._add_rows(begun, out, spool)

    async def _add_rows(self, begun: "_Begun", out: RowsFile, spool: BinaryIO) -> Upload:
        rows = Rows(digest=await self._run(out.digest), count=begun.report.accepted.total())
        batch = begun.batch(out.size, rows=rows)
        self._check_bytes(begun, batch)
        spool.seek(0)
        await self.library.storage.put(object_path(batch.model, rows.digest), spool)
        return await self._added(begun, batch, [rows.digest])

    async def _begin(self, terms: Terms) -> "_Begun":
        index = await self.library.index_with_digests(terms.card.model)
        if len(index.entries) >= self._settings.examples_batches:
            raise ExamplesFull(f"A model may have {self._settings.examples_batches:,} batches.")
        most = self._settings.examples_per_model
        ledger = Ledger(index, terms.use, terms.card.output.labels, max_examples=most)
        stored = sum(entry.batch.bytes for entry in index.entries.values())
        report = UploadReport(self._max_problems)
        return _Begun(self._identifiers.prediction_id(), terms, ledger, report, index.marks, stored)

    async def _take_rows(self, intake: RowIntake, table: TableFile) -> None:
        chunks = intake.chunks(table)
        while await self._run(partial(_step, intake, chunks, is_text=table.is_text)):
            pass

    async def _put_all(self, batch: Batch, intake: PictureIntake) -> None:
        left = iter(intake.kept)

        async def put_some() -> None:
            for kept in left:
                data = await asyncio.to_thread(intake.read, kept)
                await self.library.storage.put(object_path(batch.model, kept.picture.digest), data)

        async with all_or_first_error() as together:
            for _ in range(PUTS):
                together.create_task(put_some())

    async def _added(self, begun: "_Begun", batch: Batch, digests: list[str]) -> Upload:
        await self.library.add(batch, picture_keys(digests), begun.before)
        return begun.answer(batch.id)

    def _check_bytes(self, begun: "_Begun", batch: Batch) -> None:
        if begun.stored + batch.bytes > self._settings.examples_bytes:
            raise ExamplesFull(f"A model's batches may have {self._settings.examples_bytes:,} bytes.")

    async def _run(self, step: Callable[[], T]) -> T:
        return await self._places.work.run(step)


@dataclass(frozen=True)
class _Begun:
    """One upload under way."""

    id: str
    terms: Terms
    ledger: Ledger
    report: UploadReport
    before: Marks
    stored: int
    """Bytes of the model's other batches."""

    def is_wanted(self) -> bool:
        """Whether there is something to store; raises `ExamplesRefused`."""
        report = self.report
        if report.refused and (self.terms.strict or not (report.accepted or report.duplicates)):
            raise ExamplesRefused(report)
        return bool(report.accepted)

    def batch(self, size: int, **content: Any) -> Batch:
        """The manifest of `pictures` or `rows` with so many bytes."""
        return Batch(
            id=self.id,
            model=self.terms.card.model,
            use=self.terms.use,
            created=datetime.now(UTC),
            principal=self.terms.principal,
            note=self.terms.note,
            counts=dict(self.report.accepted),
            bytes=size,
            **content,
        )

    def answer(self, batch: str | None) -> Upload:
        """What the caller learns."""
        report, card = self.report, self.terms.card
        return Upload(
            batch=batch,
            model=card.model,
            version=card.version,
            use=self.terms.use,
            accepted=report.accepted.total(),
            labels=dict(report.accepted),
            duplicates=report.duplicates,
            refused=dict(report.refused),
            problems=report.problems,
        )


def _opened(file: BinaryIO, sent: Format, model: TableModel, target: str, limits: TableLimits) -> TableFile:
    if target in {*model.schema.names, model.schema.id}:
        raise RequestInvalid(FieldError(field="query.target", message="it is a column that the model reads"))
    table = open_table(file, sent, model.schema, limits, also=(target,))
    check_columns(table, model.schema)
    if table.columns is not None and target not in table.columns:
        raise ColumnsMissing(f"The table lacks the column of the label, {target[:NAME_MAX_LENGTH]!r}.")
    return table


def _step(intake: RowIntake, chunks: Iterator[Chunk], *, is_text: bool) -> bool:
    chunk = next(chunks, None)
    if chunk is not None:
        intake.take(chunk, is_text=is_text)
    return chunk is not None


@contextlib.asynccontextmanager
async def all_or_first_error() -> AsyncIterator[asyncio.TaskGroup]:
    """A group of tasks whose first error comes out as it is."""
    try:
        async with asyncio.TaskGroup() as together:
            yield together
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
