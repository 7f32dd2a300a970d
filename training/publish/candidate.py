"""What can be published: a model, wherever it was trained."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from contract.card import Lineage, Output
from contract.inputs import ImageInput
from contract.metrics import Evaluation

Build = Callable[[Path], None]
"""Puts a candidate's graph (`1/model.onnx`) and golden examples into its staged folder, and what else belongs to it."""


class Candidate(Protocol):
    """A model that wants to become a version, with what its card will say; a finished run's record is one."""

    @property
    def model(self) -> str:
        """Its name."""

    @property
    def input(self) -> ImageInput:
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
