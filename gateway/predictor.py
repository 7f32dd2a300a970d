"""A picture's way: decode, micro-batch, model server, answer."""

import asyncio
import time
from collections.abc import Collection
from functools import partial

import numpy as np

from contract.card import VersionCard
from contract.names import ModelVersion
from gateway.answers import LabelProbability, Prediction, Timings
from gateway.batching import MicroBatcher
from gateway.decoding import Decoder, Source
from gateway.identifiers import Identifiers
from gateway.inference import ModelServer, Probabilities, image_input
from gateway.metrics import Metrics
from gateway.settings import GatewaySettings


class Predictor:
    """Predicts pictures, with one micro-batcher a version."""

    def __init__(self, server: ModelServer, decoder: Decoder, metrics: Metrics, settings: GatewaySettings) -> None:
        self._server = server
        self._decoder = decoder
        self._metrics = metrics
        self._settings = settings
        self._identifiers = Identifiers()
        self._batchers: dict[ModelVersion, tuple[VersionCard, MicroBatcher]] = {}

    async def predict(self, card: VersionCard, source: Source, top_k: int | None) -> Prediction:
        """Predict one picture with one version.

        Raises what `Decoder.decode` and `MicroBatcher.submit` raise, and `PicturesNotTaken`.
        """
        started = time.perf_counter()
        picture = await self._decoder.decode(source, image_input(card))
        decoded = time.perf_counter()
        with self._metrics.pictures.labels(card.model, str(card.version)).track_inprogress():
            row = await self._batcher(card).submit(picture, self._settings.triton_timeout_s)
        timings = Timings(decode=_ms(decoded - started), inference=_ms(time.perf_counter() - decoded))
        best = _best(card, row, top_k or self._settings.default_top_k)
        answer = Prediction(
            id=self._identifiers.prediction_id(),
            model=card.model,
            version=card.version,
            label=best[0].label,
            probability=best[0].probability,
            top_k=best,
            timings_ms=timings,
        )
        self._metrics.predictions.labels(card.model, str(card.version), answer.label).inc()
        return answer

    def keep_only(self, served: Collection[ModelVersion]) -> None:
        """Forget the batchers of versions that are not served any more, once they are idle."""
        self._batchers = {
            name: entry for name, entry in self._batchers.items() if name in served or not entry[1].is_idle
        }

    async def close(self) -> None:
        """End what is in flight."""
        await asyncio.gather(*(batcher.close() for _, batcher in self._batchers.values()))

    def _batcher(self, card: VersionCard) -> MicroBatcher:
        known = self._batchers.get(card.name)
        if known is None or known[0] is not card:
            known = self._batchers[card.name] = (card, self._new_batcher(card))
        return known[1]

    def _new_batcher(self, card: VersionCard) -> MicroBatcher:
        return MicroBatcher(
            partial(self._server.infer, card),
            max_batch_size=card.engine.max_batch_size,
            concurrency=lambda: self._server.concurrency,
            max_queue=self._settings.max_queue,
            dropped=self._metrics.dropped.labels(card.model, str(card.version)).inc,
        )


def _best(card: VersionCard, row: Probabilities, top_k: int) -> list[LabelProbability]:
    # Stable: of two equal ones the first label wins, everywhere.
    order = np.argsort(-row, kind="stable")[:top_k]
    return [LabelProbability(label=card.output.labels[index], probability=float(row[index])) for index in order]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
