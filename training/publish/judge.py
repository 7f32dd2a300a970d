"""When two answers are the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.decision import Decision

Probabilities = NDArray[np.float32]


@dataclass(frozen=True)
class Judge:
    """Tells answers, and which of them may turn over by rounding."""

    close_call: float
    """How near an answer must be to another one for both to count as the same."""
    labels: Sequence[str] = ()
    decision: Decision | None = None

    def answers(self, probabilities: Probabilities) -> NDArray[np.int64]:
        """The most probable labels int64 [n]; with a decision, whether it is the positive one."""
        if self.decision is None:
            return np.asarray(probabilities.argmax(axis=1), np.int64)
        return (self._chance(probabilities, self.decision) >= self.decision.threshold).astype(np.int64)

    def is_clear(self, probabilities: Probabilities) -> NDArray[np.bool_]:
        """Which answers are no close calls, bool [n]."""
        if self.decision is not None:
            return np.abs(self._chance(probabilities, self.decision) - self.decision.threshold) > self.close_call
        best = np.sort(probabilities, axis=1)[:, -2:]
        return np.asarray(best[:, 1] - best[:, 0] >= self.close_call)

    def _chance(self, probabilities: Probabilities, decision: Decision) -> NDArray[np.float64]:
        """Of the positive label, float64 [n]: rounded to float32, the threshold might change sides."""
        return probabilities[:, self.labels.index(decision.positive)].astype(np.float64)
