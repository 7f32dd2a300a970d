"""The answer to a batch: a line of JSON a picture, in the order sent, each as soon as it and those before are there."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from contract.card import VersionCard
from contract.errors import TriremeError
from gateway.answers import BatchPrediction, BatchProblem
from gateway.faults import log_fault
from gateway.metrics import Metrics
from gateway.multipart import Part
from gateway.prediction_log.asked import Asked
from gateway.predictor import Predictor
from gateway.problems import Problem


@dataclass(frozen=True)
class BatchAnswer:
    """Predicts the pictures of one batch request; at most `window` of them are in work at a time."""

    predictor: Predictor
    metrics: Metrics
    card: VersionCard
    top_k: int | None
    window: int
    asked: Asked

    async def lines(self, parts: Sequence[Part]) -> AsyncIterator[bytes]:
        """One line a part; closing the iterator early cancels what is in work."""
        running: deque[asyncio.Task[bytes]] = deque()
        try:
            for index, part in enumerate(parts):
                running.append(asyncio.create_task(self._line(index, part)))
                if len(running) >= self.window:
                    yield await running.popleft()
            while running:
                yield await running.popleft()
        finally:
            for task in running:
                task.cancel()

    async def _line(self, index: int, part: Part) -> bytes:
        try:
            answer = await self.predictor.predict(self.card, part.picture, self.top_k, self.asked, is_patient=True)
        except TriremeError as error:
            return self._problem(error, index, part)
        except Exception as error:  # noqa: BLE001 - one picture must not fail the rest
            log_fault(error, self.asked.trace_id)
            return self._problem(TriremeError("Something went wrong inside."), index, part)
        finally:
            part.content.clear()
        line = BatchPrediction(**dict(answer), index=index, filename=part.filename)
        return line.model_dump_json().encode() + b"\n"

    def _problem(self, error: TriremeError, index: int, part: Part) -> bytes:
        self.metrics.rejected.labels(error.code).inc()
        problem = Problem.of(error, self.asked.trace_id)
        line = BatchProblem(**dict(problem), index=index, filename=part.filename)
        return line.model_dump_json(exclude={"errors"}).encode() + b"\n"
