"""The two tables that Evidently compares."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from contract.drift.comparison import Present, compare
from contract.drift.reference import Reference
from contract.drift.summaries import CategoricalSummary, NumericSummary, Values
from training.drift_report.rows import cells_of, rows_of
from training.drift_report.texts import distinct, harmless

ROWS = 5_000
"""Of the reference, and at most of predictions."""
COLUMNS = 40
"""Features on one page: each costs seconds, and a hundred kilobytes."""
OTHER = "(other)"
LABEL, CONFIDENCE = "(label)", "(probability)"
UNKNOWN = "no prediction in the log tells its value"
LESS = f"{COLUMNS} features have moved farther"


class Column(NamedTuple):
    """One column then and now."""

    name: str
    is_category: bool
    reference: Values | Sequence[str | None]
    now: Values | Sequence[str | None]


@dataclass(frozen=True)
class Frames:
    """What is compared."""

    reference: pd.DataFrame
    now: pd.DataFrame
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    not_compared: dict[str, str]
    """Features that are in neither, with the reason."""


def frames_of(reference: Reference, present: Present) -> Frames:
    """A version's reference beside its predictions.

    Features are left out that no prediction tells, and of more than `COLUMNS` those that have moved least.
    """
    known = [one for one in reference.features if len(present.features.get(one.name, ()))]
    shown = _farthest(reference, present, known)
    columns = list(_columns(reference, present, shown))
    reasons = {one.name: UNKNOWN for one in reference.features} | {one.name: LESS for one in known}
    for one in shown:
        del reasons[one.name]
    left_out = {harmless(name): reason for name, reason in reasons.items()}
    return Frames(
        pd.DataFrame({one.name: pd.Series(one.reference) for one in columns}),
        pd.DataFrame({one.name: pd.Series(one.now) for one in columns}),
        tuple(one.name for one in columns if not one.is_category),
        tuple(one.name for one in columns if one.is_category),
        left_out,
    )


def _farthest(
    reference: Reference, present: Present, known: Sequence[NumericSummary | CategoricalSummary]
) -> list[NumericSummary | CategoricalSummary]:
    found = {one.name: one.psi or 0.0 for one in compare(reference, present, at_least=1).features}
    farthest = {one.name for one in sorted(known, key=lambda one: -found[one.name])[:COLUMNS]}
    return [one for one in known if one.name in farthest]


def _columns(
    reference: Reference, present: Present, known: Sequence[NumericSummary | CategoricalSummary]
) -> Iterator[Column]:
    names = distinct([LABEL, CONFIDENCE, *(one.name for one in known)])
    # The features first, and the answers' own names stay theirs.
    for name, one in zip(names[2:], known, strict=True):
        yield _column(name, one, present.features[one.name])
    yield _column(LABEL, reference.label, present.label)
    yield _column(CONFIDENCE, reference.confidence, present.confidence)


def _column(name: str, summary: NumericSummary | CategoricalSummary, now: Values) -> Column:
    then = rows_of(summary, ROWS)
    if isinstance(summary, NumericSummary):
        return Column(name, False, then, now)
    names = [*distinct(one.name for one in summary.categories), OTHER]
    return Column(name, True, _named(then, names), _named(cells_of(summary, now), names))


def _named(places: Values, names: Sequence[str]) -> list[str | None]:
    return [None if np.isnan(place) else names[int(place)] for place in places]
