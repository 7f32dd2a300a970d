"""`reference.json` of a version's folder: what its training data and its answers to test data looked like."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, PositiveInt, ValidationError

from contract.base import Document
from contract.columns import Column
from contract.drift.pictures import Figures, figures
from contract.drift.summaries import CategoricalSummary, NumericSummary, Summary, Values
from contract.errors import VersionDamaged
from contract.inputs import TableInput
from contract.picture import Pixels

REFERENCE = "reference.json"
PICTURES = 10_000
"""That are looked at; of more, so many that lie evenly among them."""
UNKNOWN = "(unknown)"
"""The category of values that weren't among a column's."""
TRUTH = ("false", "true")


class ReferenceFile(Document):
    """What the card says of the file."""

    file: str = REFERENCE
    examples: PositiveInt
    """Training rows or pictures whose features are summarised."""


class Reference(Document):
    """The file's content."""

    schema_version: Literal[1] = 1
    features: Annotated[tuple[Summary, ...], Field(min_length=1)]
    """A table's columns in the order of the tensor, or the three figures of pictures; of the training data."""
    label: CategoricalSummary
    """The most probable label; of the test data."""
    confidence: NumericSummary
    """Its probability; of the test data."""

    def write(self, path: Path) -> None:
        """Write what `read` takes."""
        path.write_text(self.model_dump_json() + "\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; raises `VersionDamaged`."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise VersionDamaged("The version's reference for drift can't be read.") from error


def reference_of_rows(
    schema: TableInput, features: Values, labels: Sequence[str], probabilities: Values
) -> tuple[Reference, ReferenceFile]:
    """Of encoded rows float32 [n, columns], and of probabilities float32 [m, labels] that answered other rows."""
    columns = zip(schema.columns, features.T, strict=True)
    found = tuple(summary_of(column, values) for column, values in columns)
    return _reference(found, labels, probabilities), ReferenceFile(examples=len(features))


def reference_of_pictures(
    pictures: Pixels, labels: Sequence[str], probabilities: Values
) -> tuple[Reference, ReferenceFile]:
    """Of pictures uint8 [n, height, width, channels], and of probabilities float32 [m, labels]."""
    seen = np.linspace(0, len(pictures) - 1, min(len(pictures), PICTURES)).astype(np.int64)
    measured = np.array([figures(pictures[place]) for place in seen])
    found = tuple(NumericSummary.of(*one) for one in zip(Figures._fields, measured.T, strict=True))
    return _reference(found, labels, probabilities), ReferenceFile(examples=len(seen))


def summary_of(column: Column, values: Values) -> NumericSummary | CategoricalSummary:
    """Of a column's encoded values float32 [n]."""
    names = names_of(column)
    return CategoricalSummary.of(column.name, values, names) if names else NumericSummary.of(column.name, values)


def names_of(column: Column) -> tuple[str, ...]:
    """What a column's codes stand for; nothing for a number."""
    if column.type == "bool":
        return TRUTH
    return (*column.allowed, *([UNKNOWN] if column.unknown == "other" else []))


def answers_of(probabilities: Values) -> Iterator[Values]:
    """The places of the most probable labels, float64 [m], and their probabilities [m]."""
    yield probabilities.argmax(axis=1).astype(np.float64)
    yield probabilities.max(axis=1)


def _reference(
    features: tuple[NumericSummary | CategoricalSummary, ...], labels: Sequence[str], probabilities: Values
) -> Reference:
    best, confidence = answers_of(probabilities)
    label = CategoricalSummary.of("label", best, labels)
    return Reference(features=features, label=label, confidence=NumericSummary.of("confidence", confidence))
