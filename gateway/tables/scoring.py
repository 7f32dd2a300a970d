"""From probabilities to labels, decisions and bands, for many rows at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.card import VersionCard
from gateway.inference import Probabilities

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Scored:
    """The answers to rows: places in the names that `Scoring` has."""

    probabilities: Probabilities
    """float32 [rows, labels]."""
    labels: Codes
    """The most probable label of each row, int64 [rows]; the first of two equal ones."""
    decisions: Codes | None
    bands: Codes | None


class Scoring:
    """How one version's probabilities are read."""

    def __init__(self, card: VersionCard) -> None:
        self.labels = card.output.labels
        self.decision = card.decision
        self.bands = tuple(band.name for band in card.decision.bands) if card.decision else ()
        self._ends = np.array([band.below for band in card.decision.bands] if card.decision else [])

    @property
    def positive(self) -> int | None:
        """The place of the label that a decision is about."""
        return None if self.decision is None else self.labels.index(self.decision.positive)

    def score(self, probabilities: Probabilities) -> Scored:
        """Read the probabilities of rows, float32 [rows, labels]."""
        return Scored(
            probabilities, np.argmax(probabilities, axis=1), self._decisions(probabilities), self._bands(probabilities)
        )

    def _decisions(self, probabilities: Probabilities) -> Codes | None:
        if self.decision is None or self.positive is None:
            return None
        risk = probabilities[:, self.positive].astype(np.float64)
        return np.where(risk >= self.decision.threshold, self.positive, 1 - self.positive)

    def _bands(self, probabilities: Probabilities) -> Codes | None:
        if self.positive is None or not self.bands:
            return None
        risk = probabilities[:, self.positive].astype(np.float64)
        return np.minimum(np.searchsorted(self._ends, risk, side="right"), len(self.bands) - 1)
