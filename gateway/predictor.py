"""A picture's way: decode, micro-batch, model server, answer."""

import time
from heapq import nlargest

from contract.card import VersionCard
from gateway.answers import LabelProbability, Prediction, Timings
from gateway.batchers import Batchers
from gateway.decoding import Decoder, Source
from gateway.identifiers import Identifiers
from gateway.inference import Probabilities, image_input
from gateway.metrics import Metrics
from gateway.prediction_log.asked import Asked
from gateway.prediction_log.digest import DigestedSource
from gateway.prediction_log.recorder import Recorder
from gateway.settings import GatewaySettings


class Predictor:
    """Predicts pictures."""

    def __init__(
        self,
        batchers: Batchers,
        decoder: Decoder,
        metrics: Metrics,
        settings: GatewaySettings,
        recorder: Recorder | None = None,
    ) -> None:
        self._batchers = batchers
        self._decoder = decoder
        self._metrics = metrics
        self._settings = settings
        self._recorder = recorder
        self._identifiers = Identifiers()

    async def predict(
        self, card: VersionCard, source: Source, top_k: int | None, asked: Asked, *, is_patient: bool = False
    ) -> Prediction:
        """Predict one picture with one version; a patient one is a batch's (see `MicroBatcher.submit`).

        Raises what `Decoder.decode` and `MicroBatcher.submit` raise, `PicturesNotTaken` and `LogUnavailable`.
        """
        started = time.perf_counter()
        digested = DigestedSource(source)
        picture = await self._decoder.decode(digested if self._recorder else source, image_input(card))
        decoded = time.perf_counter()
        with self._metrics.pictures.labels(card.model, str(card.version)).track_inprogress():
            row = await self._batchers.of(card).submit(picture, self._settings.triton_timeout_s, is_patient=is_patient)
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
        if self._recorder is not None:
            latency_ms = _ms(time.perf_counter() - started)
            await self._recorder.picture(
                answer,
                row.tolist(),
                pixels=picture,
                input_digest=digested.digest,
                latency_ms=latency_ms,
                asked=asked,
            )
        self._metrics.count_predictions(card, answer.label)
        return answer


def _best(card: VersionCard, row: Probabilities, top_k: int) -> list[LabelProbability]:
    # Stable: of two equal ones the first label wins, everywhere. NumPy would let others have the interpreter meanwhile.
    values: list[float] = row.tolist()
    order = nlargest(top_k, range(len(values)), key=values.__getitem__)
    return [LabelProbability(label=card.output.labels[index], probability=values[index]) for index in order]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
