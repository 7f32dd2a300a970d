"""The answer to a file, piece by piece."""

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from contract.errors import TriremeError
from contract.tabular.formats import Format
from contract.tabular.reading import check_columns, open_table
from contract.tabular.table_file import TableFile, TableLimits
from gateway.metrics import Metrics
from gateway.prediction_log.asked import Asked
from gateway.prediction_log.errors import LogUnavailable
from gateway.prediction_log.recorder import Recorder
from gateway.problems import Problem
from gateway.tables.file_scorer import FileScorer
from gateway.tables.model import TableModel
from gateway.tables.noting import chunk_entries, file_entry
from gateway.tables.results import ScoredChunk, result_batch, result_schema
from gateway.tables.summary import FileSummary, Tally
from gateway.tables.work import FileWork
from gateway.tables.writers import WRITERS, Writer

log = logging.getLogger("gateway.files")


@dataclass(frozen=True)
class FileAnswers:
    """Answers files."""

    scorer: FileScorer
    work: FileWork
    metrics: Metrics
    limits: TableLimits
    recorder: Recorder | None = None

    async def opened(self, file: BinaryIO, sent: Format, model: TableModel) -> TableFile:
        """A file that has all of the model's columns; raises what `open_table` and `check_columns` raise."""
        table = await self.work.run(partial(open_table, file, sent, model.schema, self.limits))
        check_columns(table, model.schema)
        return table

    async def pieces(
        self,
        model: TableModel,
        table: TableFile,
        wanted: Format,
        *,
        with_summary: bool,
        asked: Asked,
        digest: Callable[[], str],
    ) -> AsyncGenerator[bytes, None]:
        """The answer's bytes; some pieces are empty. `digest` gives the file's, when all of it was read; it blocks.

        Where something fails after the first piece, the last one tells of it if the format can, and the error is
        raised.
        """
        writer = None
        async with self._noted(model, asked) as tally, contextlib.aclosing(self.scorer.chunks(model, table)) as chunks:
            try:
                async for chunk in chunks:
                    schema = result_schema(model.scoring, chunk.ids.type)
                    writer = writer or WRITERS[wanted](schema, with_summary=with_summary)
                    written = await self.work.run(partial(self._written, model, chunk, tally, writer))
                    await self._note_rows(model, chunk, tally, asked)
                    yield written
                assert writer is not None  # noqa: S101 - a file without a chunk is an error of its own
                yield await self._ended(tally, writer, digest, asked)
            except TriremeError as error:
                if writer is not None:
                    yield writer.failure(Problem.of(error, asked.trace_id))
                raise

    @contextlib.asynccontextmanager
    async def _noted(self, model: TableModel, asked: Asked) -> AsyncGenerator[Tally, None]:
        """Count a file's rows; those of one that isn't answered to its end are noted too."""
        tally = Tally(model.card, model.scoring)
        try:
            yield tally
        finally:
            if tally.rows and not tally.is_noted:
                # Without a digest: its caller may be gone, and the file with the caller.
                with contextlib.suppress(LogUnavailable):
                    await self._note_file(tally.summary(), None, asked)

    async def _note_rows(self, model: TableModel, chunk: ScoredChunk, tally: Tally, asked: Asked) -> None:
        if self.recorder is not None and self.recorder.each_row_of_files:
            latency_ms = tally.seconds * 1000
            make = partial(chunk_entries, model, chunk, self.recorder.policy, latency_ms=latency_ms, asked=asked)
            await self.recorder.log.add(await self.work.run(make))

    async def _note_file(self, summary: FileSummary, digest: str | None, asked: Asked) -> None:
        if self._recorder_of_files is not None:
            await self._recorder_of_files.log.add([file_entry(summary, digest, asked)])

    async def _ended(self, tally: Tally, writer: Writer, digest: Callable[[], str], asked: Asked) -> bytes:
        summary = tally.summary()
        found = None if self._recorder_of_files is None else await self.work.run(digest)
        await self._note_file(summary, found, asked)
        tally.is_noted = True
        self._log(summary, asked.trace_id)
        return await self.work.run(partial(writer.end, summary))

    @property
    def _recorder_of_files(self) -> Recorder | None:
        """None where rows are noted instead, or nothing."""
        return None if self.recorder is None or self.recorder.each_row_of_files else self.recorder

    def _written(self, model: TableModel, chunk: ScoredChunk, tally: Tally, writer: Writer) -> bytes:
        tally.add(chunk)
        self._count(model, chunk)
        return writer.rows(result_batch(chunk, model.scoring, result_schema(model.scoring, chunk.ids.type)))

    def _count(self, model: TableModel, chunk: ScoredChunk) -> None:
        name, version = model.card.model, str(model.card.version)
        predicted = len(chunk.scored.labels)
        self.metrics.rows.labels(name, version, "predicted").inc(predicted)
        self.metrics.rows.labels(name, version, "rejected").inc(len(chunk.encoded.features) - predicted)

    def _log(self, summary: FileSummary, trace_id: str) -> None:
        log.info(
            "%s %d: %d rows, %d predicted, %d rejected, %.1fs",
            summary.model,
            summary.version,
            summary.rows,
            summary.predicted,
            summary.rejected,
            summary.seconds,
            extra={"trace_id": trace_id},
        )
