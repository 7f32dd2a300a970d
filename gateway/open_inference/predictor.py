"""A tensor's way: read and check, micro-batch, model server, log, answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from contract.card import VersionCard
from gateway.batchers import Batchers
from gateway.decoding import Decoder
from gateway.identifiers import Identifiers
from gateway.inference import Probabilities, Tensor
from gateway.metrics import Metrics
from gateway.open_inference.body import InferenceBody
from gateway.open_inference.entries import Noted
from gateway.open_inference.request import InferenceRequest, flag
from gateway.open_inference.response import Answer, answer
from gateway.open_inference.tensors import input_tensor, wants_binary
from gateway.prediction_log.asked import Asked
from gateway.prediction_log.recorder import Recorder
from gateway.settings import GatewaySettings
from gateway.tables.scoring import Scored, Scoring

T = TypeVar("T")
AT_ONCE_BYTES = 16 * 1024
"""Of a body or tensor up to which the event loop reads it itself: a thread's wake-up would take longer."""


@dataclass(frozen=True)
class Job:
    """What a request asks for."""

    request: InferenceRequest
    tensor: Tensor
    is_binary: bool
    """Whether the answer's tensor shall be bytes."""
    with_ids: bool
    """Whether the answer shall tell the predictions' ids."""


class TensorPredictor:
    """Answers the protocol's requests for inference; `recorder` takes note of them, where there is one."""

    def __init__(
        self,
        *,
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

    async def infer(self, card: VersionCard, body: InferenceBody, asked: Asked) -> Answer:
        """The answer to one request.

        Raises what `InferenceBody.read`, `input_tensor`, `wants_binary`, `Decoder.run`, `MicroBatcher.submit` and
        `PredictionLog.add` raise.
        """
        started = time.perf_counter()
        job = await self._run(partial(self._read, card, body), len(body.content))
        scoring = Scoring(card)
        scored = scoring.score(await self._probabilities(card, job.tensor))
        latency_ms = round((time.perf_counter() - started) * 1000, 3)
        ids = await self._note(Noted(card, job.tensor, scoring, scored, asked, latency_ms), job)
        self._count(card, scored)
        write = partial(answer, card, scored.probabilities, job.request.id, ids, is_binary=job.is_binary)
        return await self._run(write, scored.probabilities.nbytes)

    async def _run(self, work: Callable[[], T], size: int) -> T:
        return work() if size <= AT_ONCE_BYTES else await self._decoder.run(work)

    @staticmethod
    def _read(card: VersionCard, body: InferenceBody) -> Job:
        request, binary = body.read(card)
        return Job(
            request,
            input_tensor(request, binary, card),
            wants_binary(request, card),
            flag(request.parameters, "prediction_ids", default=False),
        )

    async def _probabilities(self, card: VersionCard, tensor: Tensor) -> Probabilities:
        in_flight = self._metrics.pictures.labels(card.model, str(card.version))
        in_flight.inc(len(tensor))
        try:
            return await self._batchers.of(card).submit(tensor, self._settings.triton_timeout_s, rows=len(tensor))
        finally:
            in_flight.dec(len(tensor))

    async def _note(self, noted: Noted, job: Job) -> list[str]:
        """Tell the log; the ids of the predictions where the request asked for them."""
        if self._recorder is None and not job.with_ids:
            return []
        ids = await self._run(partial(_new_ids, len(job.tensor)), job.tensor.nbytes)
        if self._recorder is not None:
            await self._recorder.log.add(await self._run(partial(noted.entries, ids), job.tensor.nbytes))
        return ids if job.with_ids else []

    def _count(self, card: VersionCard, scored: Scored) -> None:
        for place, count in enumerate(np.bincount(scored.labels).tolist()):
            if count:
                self._metrics.count_predictions(card, card.output.labels[place], count)


def _new_ids(count: int) -> list[str]:
    # Not one for all requests: this may run in several threads.
    identifiers = Identifiers()
    return [identifiers.prediction_id() for _ in range(count)]
