"""What every kind of estimator offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from training.tables.dataset import Features
from training.tables.graph import Graph
from training.tables.link import Link, Scores
from training.tables.rows import Rows

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """What is to be learned, beside the rows."""

    labels: int
    seed: int
    threads: int
    balanced: bool
    """Whether rows are weighted so that all labels weigh the same."""
    natives: tuple[int, ...] = ()
    """Which columns hold codes of categories."""
    ranks: bool = False
    """Whether the recipe judges by ROC-AUC."""

    @property
    def class_weight(self) -> str | None:
        """As scikit-learn names it."""
        return "balanced" if self.balanced else None


@dataclass(frozen=True)
class Watch:
    """Rows whose score tells when boosting ends: after `patience` rounds that don't improve it."""

    rows: Rows
    patience: int


class Fitted(Protocol):
    """A fitted estimator of prepared rows float32 [n, width]."""

    @property
    def link(self) -> Link:
        """What the scores are."""
        ...

    @property
    def rounds(self) -> int | None:
        """Rounds of boosting that count; None for other estimators."""
        ...

    @property
    def note(self) -> str | None:
        """A sentence that a person should read, if there is one."""
        ...

    @property
    def library(self) -> Any:
        """The library's own fitted estimator."""
        ...

    def scores(self, rows: Features, /) -> Scores:
        """float64 [n, 1] for two labels (of the second one), [n, labels] for more, by the library's own prediction."""
        ...

    def add_to(self, graph: Graph, rows: str, /) -> str:
        """Add the same to a graph, in float32; returns the name of the scores. Raises `GraphTooLarge`."""
        ...


class Kind(Protocol):
    """A kind of estimator."""

    parameters: frozenset[str]
    """Names that a recipe may set."""
    takes_missing: bool
    takes_natives: bool
    watches: bool
    """Whether it can stop early."""

    def fit(self, rows: Rows, parameters: Parameters, task: Task, watch: Watch | None, /) -> Fitted:
        """Fit on prepared rows; raises what the library raises for parameters that it refuses."""
        ...
