"""The smoke test: where it is to serve, a version answers its golden examples as the trained model did."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contract.card import VersionCard
from contract.golden import GoldenExamples
from contract.repository import GOLDEN, ModelRepository
from gateway.errors import ModelServerFailed
from gateway.inference import ModelServer, Probabilities, nothing

MAX_PROBABILITY_DIFFERENCE = 1e-4
"""How far a probability may lie from the trained model's own, in float32; as at publishing."""
CLOSE_CALL = 1e-3
"""Where an example's two best probabilities are nearer than this, the class may differ."""
MAX_OTHERS = 0.1
"""Share of examples whose class may differ where an engine computes with less precision than float32."""


@dataclass(frozen=True)
class Outcome:
    """How a version did."""

    passed: bool
    note: str
    numbers: Mapping[str, float] = field(default_factory=dict)


class SmokeTest:
    """Asks the gateway's own model server."""

    def __init__(self, repository: Path, server: ModelServer, *, timeout_s: float) -> None:
        self._repository = ModelRepository(repository)
        self._server = server
        self._timeout_s = timeout_s

    async def run(self, card: VersionCard) -> Outcome:
        """Ask a version; raises `ModelServerUnavailable` or `ModelServerTimeout` where it can't be asked now."""
        try:
            golden = await asyncio.to_thread(self._golden, card)
            return await (self._plain(card) if golden is None else self._compared(card, golden))
        except ModelServerFailed:
            return Outcome(False, "The model server failed on a golden example.")
        except (OSError, KeyError, TypeError, ValueError, pa.ArrowException):
            return Outcome(False, "The golden examples can't be read.")

    def _golden(self, card: VersionCard) -> GoldenExamples | None:
        file = self._repository.folder(card.name) / GOLDEN
        return GoldenExamples.read(file) if file.is_file() else None

    async def _plain(self, card: VersionCard) -> Outcome:
        """A version without golden examples has at least to answer."""
        await self._server.infer(card, [nothing(card)], self._timeout_s)
        return Outcome(True, "It has no golden examples, and answers.", {"examples": 0})

    async def _compared(self, card: VersionCard, golden: GoldenExamples) -> Outcome:
        size = min(engine.max_batch_size for engine in (card.engine, card.fallback or card.engine))
        starts = range(0, len(golden.tensors), size)
        blocks = [golden.tensors[start : start + size] for start in starts]
        answers = [await self._server.infer(card, [block], self._timeout_s) for block in blocks]
        return compared(np.concatenate(answers), golden.probabilities, is_exact=is_exact(card))


def is_exact(card: VersionCard) -> bool:
    """Whether whatever serves a version computes in float32."""
    return {card.engine.precision, (card.fallback or card.engine).precision} == {"float32"}


def compared(answers: Probabilities, expected: Probabilities, *, is_exact: bool) -> Outcome:
    """Compare answers with the trained model's own, both float32 [examples, labels]."""
    if answers.shape != expected.shape:
        return Outcome(False, "The answers have another form than the golden examples.")
    others = int(np.count_nonzero(_differs(answers, expected)))
    worst = float(np.max(np.abs(answers - expected), initial=0.0))
    numbers = {"examples": len(expected), "other_classes": others, "max_probability_difference": worst}
    if not np.isfinite(answers).all():
        return Outcome(False, "An answer is no number.", {"examples": len(expected)})
    passed = others == 0 and worst <= MAX_PROBABILITY_DIFFERENCE if is_exact else others <= MAX_OTHERS * len(expected)
    return Outcome(passed, "It answers its golden examples " + ("rightly." if passed else "wrongly."), numbers)


def _differs(answers: Probabilities, expected: Probabilities) -> NDArray[np.bool_]:
    best = np.sort(expected, axis=1)
    is_clear = best[:, -1] - best[:, -2] >= CLOSE_CALL
    return np.asarray((answers.argmax(axis=1) != expected.argmax(axis=1)) & is_clear)
