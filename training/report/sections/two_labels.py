"""What sections about a table with two labels share: the probability of the label that a decision is about."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.decision import Decision
from training.report.material import Material

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Ranked:
    """The test rows with their probability of the positive label, the highest first."""

    chance: Series
    """float64 [n]."""
    is_positive: NDArray[np.bool_]
    label: str
    other: str
    decision: Decision | None = None

    @classmethod
    def of(cls, material: Material) -> "Ranked | None":
        """None for pictures, for more labels, without answers, and where a label is missing."""
        findings, answers, labels = material.findings, material.answers, material.labels
        if findings is None or answers is None or len(labels) != 2:
            return None
        place = labels.index(findings.decision.positive) if findings.decision else 1
        chance = answers.probabilities[:, place].astype(np.float64)
        order = np.argsort(-chance, kind="stable")
        is_positive = (answers.truth == place)[order]
        if is_positive.all() or not is_positive.any():
            return None
        return cls(chance[order], is_positive, labels[place], labels[1 - place], findings.decision)

    @property
    def found(self) -> Series:
        """The share of the positive rows among the first 1, 2 … n, float64 [n]."""
        return np.asarray(np.cumsum(self.is_positive) / self.is_positive.sum())

    @property
    def taken(self) -> Series:
        """The share of the other rows among the first 1, 2 … n, float64 [n]."""
        return np.asarray(np.cumsum(~self.is_positive) / (~self.is_positive).sum())

    @property
    def ends(self) -> NDArray[np.int64]:
        """Where rows of one probability end, int64 [m]: between them there is no threshold."""
        return np.append(np.flatnonzero(np.diff(self.chance)), len(self.chance) - 1)
