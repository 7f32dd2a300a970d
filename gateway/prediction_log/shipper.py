"""From journals into the database, in order; a file is deleted when the database has all of it."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.database.engine import Database
from gateway.prediction_log.inserting import Refused, insert
from gateway.prediction_log.journal import Journal, contents
from gateway.prediction_log.metrics import LogMetrics
from gateway.prediction_log.rejected import set_aside
from gateway.prediction_log.segment import Segment

log = logging.getLogger(__name__)

BATCH_ENTRIES = 500
BATCH_BYTES = 1024 * 1024
"""What one statement inserts at most; one entry may be larger."""


class Shipper:
    """Brings journals into the database."""

    def __init__(self, database: Database, rejected: Path, metrics: LogMetrics) -> None:
        self._database = database
        self._rejected = rejected
        self._metrics = metrics

    async def ship(self, journal: Journal) -> None:
        """All files of a journal that are not being written; raises `DatabaseUnavailable` or `OSError`."""
        for segment in journal.closed():
            await self._ship(segment)
            await asyncio.to_thread(journal.remove, segment)

    async def _ship(self, segment: Segment) -> None:
        found = await asyncio.to_thread(contents, segment)
        if found.damaged:
            log.error("%d damaged entries of the prediction log were left out", found.damaged)
            self._metrics.lost.labels("damaged").inc(found.damaged)
        for batch in batches(found.documents):
            await self._insert(batch)

    async def _insert(self, documents: Sequence[bytes]) -> None:
        try:
            self._metrics.shipped.inc(await insert(self._database, documents))
        except Refused:
            # By halves, until the one is alone that is at fault.
            if len(documents) == 1:
                await self._reject(documents[0])
                return
            middle = len(documents) // 2
            await self._insert(documents[:middle])
            await self._insert(documents[middle:])

    async def _reject(self, document: bytes) -> None:
        log.error("the database refused an entry of the prediction log; it was set aside")
        self._metrics.lost.labels("rejected").inc()
        await asyncio.to_thread(set_aside, self._rejected, document)


def batches(documents: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The same, in parts for one statement each."""
    batch: list[bytes] = []
    size = 0
    for document in documents:
        if batch and (len(batch) >= BATCH_ENTRIES or size + len(document) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += len(document)
    if batch:
        yield batch
