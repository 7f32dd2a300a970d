"""What can be published: a model, wherever it was trained."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contract.card import FeatureTable, Lineage, Output
from contract.columns import ColumnName
from contract.decision import Decision
from contract.drift.reference import ReferenceFile
from contract.explaining.explanation import Explanation
from contract.inputs import Input
from contract.metrics import Evaluation

Build = Callable[[Path], None]
"""Puts a candidate's graph (`1/model.onnx`) and golden examples into its staged folder, and what else belongs to it."""


class Candidate(Protocol):
    """A model that wants to become a version, with what its card will say; a finished run's record is one."""

    @property
    def model(self) -> str:
        """Its name."""

    @property
    def input(self) -> Input:
        """What it takes."""

    @property
    def output(self) -> Output:
        """What it answers."""

    @property
    def evaluation(self) -> Evaluation:
        """How good it is."""

    @property
    def lineage(self) -> Lineage:
        """Where it comes from."""

    @property
    def reference(self) -> ReferenceFile | None:
        """What its data looked like; `Build` puts that file into the folder."""


@dataclass(frozen=True)
class TableFacts:
    """What the card of a table model says besides; nothing of this for pictures."""

    decision: Decision | None = None
    feature_table: FeatureTable | None = None
    explanation: Explanation | None = None
    target: ColumnName | None = None


NO_FACTS = TableFacts()
