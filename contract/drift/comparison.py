"""Comparing the present with a version's reference: distances, tests, and verdicts.

A feature drifts when it moved far (the population stability index) and that is no chance (a test's p-value, adjusted
for how many features were tested). Either alone would cry wolf: the index of few values is large by chance, and a test
of many values finds differences that matter to nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from pydantic import NonNegativeInt

from contract.base import Document
from contract.drift.distances import chi_squared, stability_index
from contract.drift.reference import Reference
from contract.drift.significance import benjamini_hochberg, ks_p_value
from contract.drift.summaries import CategoricalSummary, NumericSummary, Values

Verdict = Literal["none", "moderate", "major", "too-few"]
Test = Literal["ks", "chi-squared"]
MODERATE, MAJOR = 0.1, 0.25
"""Stability indices from which a feature has moved; the bounds in common use."""
LEVEL = 0.05
"""The adjusted p-value up to which a difference is no chance: the expected share of false ones among those found."""


class Finding(Document):
    """One feature then and now."""

    name: str
    kind: Literal["numeric", "categorical"]
    examples: NonNegativeInt
    """Predictions of now that tell its value, or that it is missing."""
    psi: float | None
    """The population stability index over the reference's bins or categories, and what is missing."""
    test: Test
    """Two-sample Kolmogorov-Smirnov for a number, chi-squared for a category."""
    statistic: float | None
    p_value: float | None
    """Of a number, for its values and its missing share: the smaller of the two, doubled."""
    adjusted_p_value: float | None
    """By Benjamini and Hochberg, over all that was tested in this answer."""
    missing_reference: float
    """Share of missing values."""
    missing_now: float | None
    median_reference: float | None
    """Of a number."""
    median_now: float | None
    verdict: Verdict
    """`too-few`: too few predictions tell its value; all numbers are null then."""


_NUMBERS = ("psi", "statistic", "p_value", "adjusted_p_value", "missing_now", "median_now")


class Drift(NamedTuple):
    """All findings."""

    features: list[Finding]
    label: Finding
    confidence: Finding


class Measured(NamedTuple):
    """One feature's numbers."""

    psi: float
    statistic: float
    p_value: float


@dataclass(frozen=True)
class Present:
    """What predictions were about, and what they came to; numbers [n], NaN where one is missing."""

    features: Mapping[str, Values]
    """By name; one that nothing is known of is left out."""
    label: Values
    """Places among the version's labels."""
    confidence: Values


def compare(reference: Reference, present: Present, *, at_least: int) -> Drift:
    """Compare; a feature with fewer than `at_least` examples gets the verdict `too-few`."""
    nothing = np.empty(0)
    summaries = [*reference.features, reference.label, reference.confidence]
    values = [present.features.get(one.name, nothing) for one in reference.features]
    found = list(_findings(summaries, [*values, present.label, present.confidence], at_least))
    return Drift(found[:-2], found[-2], found[-1])


def _findings(
    summaries: Sequence[NumericSummary | CategoricalSummary], values: Sequence[Values], at_least: int
) -> Iterator[Finding]:
    measured = [
        _measure(one, given) if len(given) >= at_least else None for one, given in zip(summaries, values, strict=True)
    ]
    adjusted = iter(benjamini_hochberg([one.p_value for one in measured if one is not None]).tolist())
    for summary, given, one in zip(summaries, values, measured, strict=True):
        yield _too_few(summary, given) if one is None else _finding(summary, given, one, next(adjusted))


def _measure(summary: NumericSummary | CategoricalSummary, values: Values) -> Measured:
    then, now = summary.cells, summary.cells_of(values)
    index = stability_index(then, now)
    if isinstance(summary, CategoricalSummary):
        return Measured(index, *chi_squared(then, now))
    there = values[~np.isnan(values)]
    gap = summary.largest_gap(there)
    p_value = ks_p_value(gap, summary.present, len(there))
    if summary.missing or len(there) < len(values):
        gaps = [np.array([sum(cells[:-1]), cells[-1]]) for cells in (then, now)]
        p_value = min(1.0, 2 * min(p_value, chi_squared(*gaps)[1]))
    return Measured(index, gap, p_value)


def _finding(
    summary: NumericSummary | CategoricalSummary, values: Values, measured: Measured, adjusted: float
) -> Finding:
    return Finding(
        **_known(summary, values),
        **measured._asdict(),
        adjusted_p_value=adjusted,
        missing_now=float(np.isnan(values).mean()),
        median_now=_median(values) if isinstance(summary, NumericSummary) else None,
        verdict=verdict_of(measured.psi, adjusted),
    )


def _too_few(summary: NumericSummary | CategoricalSummary, values: Values) -> Finding:
    unknown = dict.fromkeys(_NUMBERS)
    return Finding(**_known(summary, values), **unknown, verdict="too-few")


def _known(summary: NumericSummary | CategoricalSummary, values: Values) -> dict[str, object]:
    cells = summary.cells
    return {
        "name": summary.name,
        "kind": summary.kind,
        "examples": len(values),
        "test": "ks" if isinstance(summary, NumericSummary) else "chi-squared",
        "missing_reference": summary.missing / max(1, int(cells.sum())),
        "median_reference": summary.median if isinstance(summary, NumericSummary) else None,
    }


def _median(values: Values) -> float | None:
    there = values[~np.isnan(values)]
    return float(np.median(there)) if len(there) else None


def verdict_of(psi: float, adjusted_p_value: float) -> Verdict:
    """What a distance and its adjusted p-value come to."""
    if adjusted_p_value > LEVEL or psi < MODERATE:
        return "none"
    return "major" if psi >= MAJOR else "moderate"
