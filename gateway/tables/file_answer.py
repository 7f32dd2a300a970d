"""The answer to a file, piece by piece."""

import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from contract.errors import TriremeError
from contract.tabular.formats import Format
from contract.tabular.reading import check_columns, open_table
from contract.tabular.table_file import TableFile, TableLimits
from gateway.metrics import Metrics
from gateway.problems import Problem
from gateway.tables.file_scorer import FileScorer
from gateway.tables.model import TableModel
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

    async def opened(self, file: BinaryIO, sent: Format, model: TableModel) -> TableFile:
        """A file that has all of the model's columns; raises what `open_table` and `check_columns` raise."""
        table = await self.work.run(partial(open_table, file, sent, model.schema, self.limits))
        check_columns(table, model.schema)
        return table

    async def pieces(
        self, model: TableModel, table: TableFile, wanted: Format, *, with_summary: bool, trace_id: str
    ) -> AsyncGenerator[bytes, None]:
        """The answer's bytes; some pieces are empty.

        Where something fails after the first piece, the last one tells of it if the format can, and the error is
        raised.
        """
        tally, writer = Tally(model.card, model.scoring), None
        chunks = self.scorer.chunks(model, table)
        try:
            async for chunk in chunks:
                schema = result_schema(model.scoring, chunk.ids.type)
                writer = writer or WRITERS[wanted](schema, with_summary=with_summary)
                yield await self.work.run(partial(self._written, model, chunk, tally, writer))
            assert writer is not None  # noqa: S101 - a file without a chunk is an error of its own
            summary = tally.summary()
            yield await self.work.run(partial(writer.end, summary))
            self._log(summary, trace_id)
        except TriremeError as error:
            if writer is not None:
                yield writer.failure(Problem.of(error, trace_id))
            raise
        finally:
            await chunks.aclose()

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
