"""What a whole file came to, in memory that doesn't grow with it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from contract.card import VersionCard
from contract.names import ModelName
from gateway.row_report import ProblemCount, RowReport
from gateway.tables.results import ScoredChunk
from gateway.tables.scoring import Codes, Scoring

BINS = 10_000
"""Of the histogram of scores: a quantile is exact to half of 1/10,000."""
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


class Scores(BaseModel):
    """How probabilities are distributed."""

    label: str | None
    """Whose probability it is; null: the most probable label's."""
    minimum: float | None
    maximum: float | None
    quantiles: dict[str, float]
    """By fraction; exact to 0.00005."""


class FileSummary(BaseModel):
    """What a file came to."""

    model: ModelName
    version: int
    rows: int
    predicted: int
    rejected: int
    """Rows that break a rule."""
    problems: list[ProblemCount]
    """How often each rule is broken in each column."""
    labels: dict[str, int]
    """Rows by most probable label."""
    decisions: dict[str, int] | None
    bands: dict[str, int] | None
    scores: Scores
    seconds: float
    """From the first row read to the last one answered."""


@dataclass
class Tally:
    """Counts the chunks of one file."""

    card: VersionCard
    scoring: Scoring
    started: float = field(default_factory=time.monotonic)
    rows: int = 0
    predicted: int = 0
    is_noted: bool = False
    """Whether the prediction log has it."""
    report: RowReport = field(default_factory=lambda: RowReport(0))

    def __post_init__(self) -> None:
        self._labels = np.zeros(len(self.scoring.labels), np.int64)
        self._decisions = np.zeros(len(self.scoring.labels), np.int64)
        self._bands = np.zeros(len(self.scoring.bands), np.int64)
        self._histogram = np.zeros(BINS, np.int64)
        self._ends = (np.inf, -np.inf)

    def add(self, chunk: ScoredChunk) -> None:
        """Take in a chunk."""
        scored = chunk.scored
        self.rows += len(chunk.encoded.features)
        self.predicted += len(scored.labels)
        self.report.add(chunk.encoded.problems)
        for counts, codes in ((self._labels, scored.labels), (self._decisions, scored.decisions)):
            _count(counts, codes)
        _count(self._bands, scored.bands)
        place = self.scoring.positive
        best = scored.probabilities.max(axis=1) if place is None else scored.probabilities[:, place]
        if len(best):
            self._ends = (min(self._ends[0], float(best.min())), max(self._ends[1], float(best.max())))
            _count(self._histogram, np.minimum((best * BINS).astype(np.int64), BINS - 1))

    @property
    def seconds(self) -> float:
        """Since the first row was read."""
        return round(time.monotonic() - self.started, 3)

    def summary(self) -> FileSummary:
        """What it came to so far."""
        scoring = self.scoring
        return FileSummary(
            model=self.card.model,
            version=self.card.version,
            rows=self.rows,
            predicted=self.predicted,
            rejected=self.rows - self.predicted,
            problems=self.report.counts(),
            labels=_named(scoring.labels, self._labels),
            decisions=_named(scoring.labels, self._decisions) if scoring.decision else None,
            bands=_named(scoring.bands, self._bands) if scoring.bands else None,
            scores=self._scores(),
            seconds=self.seconds,
        )

    def _scores(self) -> Scores:
        label = self.scoring.decision.positive if self.scoring.decision else None
        if not self.predicted:
            return Scores(label=label, minimum=None, maximum=None, quantiles={})
        below = np.cumsum(self._histogram)
        places = np.searchsorted(below, np.array(QUANTILES) * self.predicted)
        quantiles = dict(zip(map(str, QUANTILES), ((places + 0.5) / BINS).tolist(), strict=True))
        return Scores(label=label, minimum=self._ends[0], maximum=self._ends[1], quantiles=quantiles)


def _count(counts: NDArray[np.int64], codes: Codes | None) -> None:
    if codes is not None:
        counts += np.bincount(codes, minlength=len(counts))


def _named(names: Sequence[str], counts: NDArray[np.int64]) -> dict[str, int]:
    return dict(zip(names, counts.tolist(), strict=True))
