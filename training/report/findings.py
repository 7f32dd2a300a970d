"""What a table's training and data came to, as far as a report shows it; small enough to be kept with each version."""

from pydantic import JsonValue, NonNegativeInt

from contract.base import Document
from contract.decision import Decision


class Try(Document):
    """One try of a search: its parameters, and the metric of each fold."""

    parameters: dict[str, JsonValue]
    scores: tuple[float, ...]
    seconds: float

    @property
    def mean(self) -> float:
        """The mean score."""
        return sum(self.scores) / len(self.scores)


class Values(Document):
    """What stands in a column of one split."""

    rows: NonNegativeInt
    missing: NonNegativeInt
    quantiles: tuple[float, float, float, float, float] | None = None
    """Of numbers: the least, the quartiles and the greatest; None without any, and for other types."""
    most: str | None = None
    """Of categories and truth values: the most frequent."""
    most_share: float | None = None
    """Its share of the values that aren't missing."""
    unknown: NonNegativeInt = 0
    """Of categories: how many are none of those that the recipe lists."""


class ColumnFindings(Document):
    """One column in training and testing."""

    name: str
    type: str
    train: Values
    test: Values


class Findings(Document):
    """All of it."""

    estimator: str
    metric: str
    """By which the tries were judged."""
    folds: int
    tries: tuple[Try, ...]
    parameters: dict[str, JsonValue]
    """Those that were taken."""
    importance: dict[str, float]
    """By column: how much of `importance_of` is lost on the test rows when the column is shuffled."""
    importance_of: str
    counts: dict[str, dict[str, int]]
    """Rows by split and label."""
    columns: tuple[ColumnFindings, ...]
    decision: Decision | None = None
