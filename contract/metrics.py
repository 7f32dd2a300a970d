"""How good a version is: the figures that evaluation writes into a card."""

from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, model_validator

from contract.base import Document

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class Scores(Document):
    """Precision, recall and F1 (their harmonic mean)."""

    precision: Fraction
    recall: Fraction
    f1: Fraction


class ClassScores(Scores):
    """The scores of one class, and its one-vs-rest area under the ROC curve (None where a class is absent)."""

    label: str
    support: NonNegativeInt
    roc_auc: Fraction | None = None


class BinaryScores(Document):
    """Figures of a binary classifier, of the positive label's probability."""

    positive: str
    ks: Fraction
    """Kolmogorov-Smirnov: the largest distance between the cumulated scores of the two labels."""
    gini: Annotated[float, Field(ge=-1.0, le=1.0)]
    """2 × ROC-AUC - 1."""
    average_precision: Fraction
    brier: Fraction
    """Mean squared distance of the probability from 0 or 1."""
    log_loss: Annotated[float, Field(ge=0.0)]
    threshold: Fraction
    decided: Scores
    """Of the positive label, decided by the threshold."""


class Evaluation(Document):
    """A classifier's figures on one split of one data set."""

    split: str
    examples: NonNegativeInt
    accuracy: Fraction
    macro: Scores
    weighted: Scores
    roc_auc: Fraction | None = None
    """One-vs-rest, averaged over the classes that are present; None where it is undefined."""
    classes: tuple[ClassScores, ...]
    confusion: tuple[tuple[NonNegativeInt, ...], ...]
    """`confusion[i][j]` counts examples of class i that were taken for class j."""

    binary: BinaryScores | None = None
    """Where the model decides between two labels by a threshold."""

    @model_validator(mode="after")
    def _square(self) -> Self:
        size = len(self.classes)
        if len(self.confusion) != size or any(len(row) != size for row in self.confusion):
            raise ValueError("the confusion matrix doesn't fit the classes")
        return self
