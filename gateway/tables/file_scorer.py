"""A file's way: a chunk is read, encoded, computed and written; while one is computed, the next ones are prepared."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from contract.table import Encoded
from contract.tabular.reading import encode
from contract.tabular.table_file import Chunk, TableFile
from gateway.errors import ModelServerFailed, ModelServerTimeout, ModelServerUnavailable, Overloaded
from gateway.inference import Features, ModelServer, Probabilities
from gateway.metrics import Metrics
from gateway.tables.ids import ids_of
from gateway.tables.model import TableModel
from gateway.tables.results import ScoredChunk
from gateway.tables.work import FileWork

CHUNK_ROWS = 4096
CHUNK_CELLS = 2_000_000
"""What a chunk holds at most; a wide table's chunks have fewer rows."""
IN_FLIGHT = 2
"""Calls for one file to the model server."""
AHEAD = 3
"""Chunks of one file in memory."""
FAILED = (ModelServerFailed, ModelServerTimeout, ModelServerUnavailable, Overloaded)
"""What is the version's own fault, or its server's."""


def chunk_rows(columns: int) -> int:
    """Rows of a chunk of a table with so many columns."""
    return max(1, min(CHUNK_ROWS, CHUNK_CELLS // columns))


@dataclass(frozen=True)
class FileScorer:
    """Computes answers to files."""

    server: ModelServer
    work: FileWork
    metrics: Metrics
    timeout_s: float

    async def chunks(self, model: TableModel, table: TableFile) -> AsyncGenerator[ScoredChunk, None]:
        """The rows with their answers, in order; closing the iterator early cancels what is in work.

        A file counts as one answer of the version: given to its end, or failed by the model server; one that nobody
        waits for any more, or that is itself at fault, doesn't count. Raises what reading chunks and
        `ModelServer.infer` raise.
        """
        predicted = 0
        try:
            async with contextlib.aclosing(self._chunks(model, table)) as chunks:
                async for chunk in chunks:
                    predicted += len(chunk.scored.labels)
                    yield chunk
        except FAILED:
            self.metrics.count_answer(model.card.name, is_answered=False)
            raise
        if predicted:
            self.metrics.count_answer(model.card.name, is_answered=True)

    async def _chunks(self, model: TableModel, table: TableFile) -> AsyncGenerator[ScoredChunk, None]:
        running: deque[asyncio.Task[ScoredChunk]] = deque()
        calls = asyncio.Semaphore(IN_FLIGHT)
        chunks, first = table.chunks(chunk_rows(len(model.schema.columns))), 0
        try:
            while (chunk := await self.work.run(_next(chunks))) is not None:
                running.append(asyncio.create_task(self._scored(model, table, chunk, first, calls)))
                first += len(chunk)
                if len(running) >= AHEAD:
                    yield await running.popleft()
            while running:
                yield await running.popleft()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _scored(
        self, model: TableModel, table: TableFile, chunk: Chunk, first: int, calls: asyncio.Semaphore
    ) -> ScoredChunk:
        ids, encoded = await self.work.run(partial(_prepared, model, table, chunk))
        probabilities = await self._probabilities(model, encoded.features[encoded.accepted], calls)
        return ScoredChunk(first, ids, encoded, model.scoring.score(probabilities))

    async def _probabilities(self, model: TableModel, features: Features, calls: asyncio.Semaphore) -> Probabilities:
        size = model.card.engine.max_batch_size
        blocks = [features[start : start + size] for start in range(0, len(features), size)]
        found = [await self._call(model, block, calls) for block in blocks]
        return np.concatenate(found) if found else np.zeros((0, len(model.scoring.labels)), np.float32)

    async def _call(self, model: TableModel, block: Features, calls: asyncio.Semaphore) -> Probabilities:
        in_flight = self.metrics.pictures.labels(model.card.model, str(model.card.version))
        async with calls:
            in_flight.inc(len(block))
            try:
                found = await self.server.infer(model.card, [block], self.timeout_s)
            finally:
                in_flight.dec(len(block))
        if not np.isfinite(found).all():
            raise ModelServerFailed("The model's answer for a row is not a number.")
        return found


def _next(chunks: Iterator[Chunk]) -> Callable[[], Chunk | None]:
    return partial(next, chunks, None)


def _prepared(model: TableModel, table: TableFile, chunk: Chunk) -> tuple[object, Encoded]:
    encoder = model.text_encoder if table.is_text else model.encoder
    return ids_of(chunk, model.schema.id), encode(chunk, encoder)
