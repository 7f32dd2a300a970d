"""A row's way: read and encode in a thread, micro-batch, model server, answer."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial

import numpy as np

from contract.card import VersionCard
from gateway.answers import Timings
from gateway.batchers import Batchers
from gateway.decoding import Decoder
from gateway.errors import ExplanationsMissing, TooManyRows
from gateway.identifiers import Identifiers
from gateway.inference import Probabilities
from gateway.metrics import Metrics
from gateway.prediction_log.asked import Asked
from gateway.prediction_log.recorder import Recorder
from gateway.settings import GatewaySettings
from gateway.tables.answers import RowAnswer, RowPrediction, RowPredictions
from gateway.tables.documents import RowsDocument, read_document
from gateway.tables.explaining import explain
from gateway.tables.feature_tables import FeatureTables
from gateway.tables.model import TableModel, TableModels
from gateway.tables.noting import Sent, row_entries, sent
from gateway.tables.row_answers import row_answers
from gateway.tables.rows import Rows, encode, encode_raw, find
from gateway.tables.scoring import Scored


class RowPredictor:
    """Predicts rows that a JSON document holds or names."""

    def __init__(
        self,
        *,
        models: TableModels,
        features: FeatureTables,
        batchers: Batchers,
        decoder: Decoder,
        metrics: Metrics,
        settings: GatewaySettings,
        recorder: Recorder | None = None,
    ) -> None:
        self._models = models
        self._features = features
        self._batchers = batchers
        self._decoder = decoder
        self._metrics = metrics
        self._settings = settings
        self._recorder = recorder
        self._identifiers = Identifiers()

    async def predict(
        self, card: VersionCard, body: bytes, asked: Asked, *, max_rows: int
    ) -> RowPrediction | RowPredictions:
        """Predict the rows of a document, at most `max_rows`, with one version.

        Raises `RowsNotTaken`, what reading and encoding raise (see `gateway.tables.documents` and
        `gateway.tables.rows`), `TooManyRows`, `LogUnavailable`, and what `Decoder.run` and `MicroBatcher.submit` raise.
        """
        started = time.perf_counter()
        model = self._models.of(card)
        document, rows, kept = await self._decoder.run(partial(self._read, model, body, max_rows))
        if document.explain:
            self._check_explained(card, len(rows.features))
        encoded = time.perf_counter()
        scored = model.scoring.score(await self._probabilities(card, rows))
        timings = Timings(decode=_ms(encoded - started), inference=_ms(time.perf_counter() - encoded))
        self._count(model, scored)
        answers = row_answers(model.scoring, scored, rows.ids, self._identifiers)
        if document.explain:
            answers = await self._decoder.run(partial(_explained, model, rows, answers))
        if self._recorder is not None:
            latency_ms = _ms(time.perf_counter() - started)
            await self._recorder.log.add(row_entries(card, answers, kept, latency_ms=latency_ms, asked=asked))
        if document.row is not None:
            return RowPrediction(model=card.model, version=card.version, timings_ms=timings, **dict(answers[0]))
        return RowPredictions(model=card.model, version=card.version, timings_ms=timings, predictions=answers)

    def _read(self, model: TableModel, body: bytes, max_rows: int) -> tuple[RowsDocument, Rows, Sequence[Sent]]:
        document = read_document(body, max_rows=max_rows + self._settings.max_raw_rows)
        rows = self._rows(model, document, max_rows)
        return document, rows, () if self._recorder is None else sent(model, rows, self._recorder.policy)

    def _rows(self, model: TableModel, document: RowsDocument, max_rows: int) -> Rows:
        self._check_count(document, max_rows)
        settings = self._settings
        if document.ids is not None:
            return find(document.ids, self._features.index(model.card), max_problems=settings.max_problems)
        if document.tables is not None:
            limits = {"max_rows": max_rows, "max_problems": settings.max_problems}
            return encode_raw(document.tables, model, **limits)
        rows = [document.row] if document.row is not None else document.rows or []
        return encode(rows, model, max_problems=self._settings.max_problems)

    def _check_explained(self, card: VersionCard, rows: int) -> None:
        if card.explanation is None:
            raise ExplanationsMissing(f"Version {card.version} of model {card.model!r} can't explain its predictions.")
        limit = self._settings.max_explained_rows
        if rows > limit:
            raise TooManyRows(f"At most {limit:,} rows are explained at a time.")

    def _check_count(self, document: RowsDocument, limit: int) -> None:
        if max(len(document.rows or ()), len(document.ids or ())) > limit:
            raise TooManyRows(f"The request has more than {limit:,} rows.")
        if sum(map(len, (document.tables or {}).values())) > self._settings.max_raw_rows:
            raise TooManyRows(f"The raw tables have more than {self._settings.max_raw_rows:,} rows.")

    async def _probabilities(self, card: VersionCard, rows: Rows) -> Probabilities:
        size = card.engine.max_batch_size
        blocks = [rows.features[start : start + size] for start in range(0, len(rows.features), size)]
        batcher, timeout_s = self._batchers.of(card), self._settings.triton_timeout_s
        in_flight = self._metrics.pictures.labels(card.model, str(card.version))
        in_flight.inc(len(rows.features))
        try:
            async with asyncio.TaskGroup() as group:
                # Where the first block is let in, the others are, too.
                calls = [
                    group.create_task(batcher.submit(block, timeout_s, rows=len(block), is_patient=index > 0))
                    for index, block in enumerate(blocks)
                ]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            in_flight.dec(len(rows.features))
        return np.concatenate([call.result() for call in calls])

    def _count(self, model: TableModel, scored: Scored) -> None:
        card = model.card
        for place, count in Counter(scored.labels.tolist()).items():
            self._metrics.count_predictions(card, card.output.labels[place], count)


def _explained(model: TableModel, rows: Rows, answers: Sequence[RowAnswer]) -> list[RowAnswer]:
    pairs = zip(answers, rows.features, strict=True)
    return [answer.model_copy(update={"explanation": explain(model, row)}) for answer, row in pairs]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
