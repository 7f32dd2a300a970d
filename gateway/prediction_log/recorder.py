"""From an answer to the log's entry."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.answers import Prediction
from gateway.inference import Pixels
from gateway.prediction_log.asked import Asked
from gateway.prediction_log.entry import Entry, PredictionLog
from gateway.prediction_log.ids import time_of
from gateway.prediction_log.looks import PictureLooks
from gateway.prediction_log.policy import Policy


@dataclass(frozen=True)
class Recorder:
    """Takes note of predictions, as the settings say."""

    log: PredictionLog
    policy: Policy
    looks: PictureLooks
    each_row_of_files: bool
    """One entry a row of a scored file; else one entry with the file's summary."""

    async def picture(
        self,
        answer: Prediction,
        probabilities: Sequence[float],
        *,
        pixels: Pixels,
        input_digest: str | None,
        latency_ms: float,
        asked: Asked,
    ) -> None:
        """Take note of the answer to a picture's tensor; raises `LogUnavailable`."""
        entry = Entry(
            id=answer.id,
            time=time_of(answer.id),
            kind="picture",
            model=answer.model,
            version=answer.version,
            label=answer.label,
            probability=answer.probability,
            probabilities=probabilities,
            decision=None,
            band=None,
            row_id=None,
            input_digest=input_digest,
            features=self.looks.at(pixels),
            summary=None,
            latency_ms=latency_ms,
            principal=asked.principal,
            trace_id=asked.trace_id,
        )
        await self.log.add([entry])
