"""A report of two versions without a judgement: how they differ, how surely, and how many samples are missing."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from contract.base import Document
from gateway.judge.evidence import Count, Evidence, VersionEvidence
from gateway.judge.intervals import Interval, newcombe
from gateway.judge.sequential import fixed
from gateway.judge.significance import p_value, samples_needed

Points = Annotated[float, Field(gt=0, le=100)]
Measure = Literal["error rate", "accuracy", "positive rate"]
POINTS = 100.0


class AbSettings(Document):
    """Which differences are worth finding, and how surely."""

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Chance of finding a difference that isn't there, for one look."""
    power: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    """Chance of finding one of the size below."""
    error_points: Points = 1.0
    """Percentage points of the share of failed answers."""
    accuracy_points: Points = 2.0
    """Percentage points of accuracy by feedback."""
    positive_points: Points = 5.0
    """Percentage points of the share of positive answers."""


class Effect(Document):
    """One measure of both versions."""

    measure: Measure
    canary: float | None
    """A share from 0 to 1; None where nothing was counted."""
    canary_samples: NonNegativeInt
    stable: float | None
    stable_samples: NonNegativeInt
    points: float | None
    """Canary minus stable, in percentage points; None where a side has no samples."""
    low: float | None
    """Lower bound of the interval at `1 - alpha`, for one look."""
    high: float | None
    p_value: float | None
    minimum_points: float
    """The smallest difference worth finding."""
    samples_needed: int | None
    """Of the canary, to find it with the power asked for, at the present ratio of samples; None where the stable
    version has none."""
    samples_missing: int | None
    sentence: str


class AbReport(Document):
    """Two versions side by side."""

    canary: int
    stable: int
    effects: tuple[Effect, ...]


def ab_report(evidence: Evidence, settings: AbSettings, *, positive: str | None = None) -> AbReport:
    """Compare error rates, accuracy by feedback, and the share of the label `positive` where one is named."""
    canary, stable = evidence.canary, evidence.stable
    effects = [
        _effect("error rate", canary.errors, stable.errors, settings.error_points, settings),
        _effect("accuracy", canary.correct, stable.correct, settings.accuracy_points, settings),
    ]
    if positive is not None:
        sides = _labelled(canary, positive), _labelled(stable, positive)
        effects.append(_effect("positive rate", *sides, settings.positive_points, settings))
    return AbReport(canary=canary.version, stable=stable.version, effects=tuple(effects))


def _labelled(version: VersionEvidence, label: str) -> Count:
    return Count(version.labels.get(label, 0), sum(version.labels.values()))


def _effect(measure: Measure, canary: Count, stable: Count, minimum: float, settings: AbSettings) -> Effect:
    needed = _needed(canary, stable, minimum, settings)
    missing = None if needed is None else max(0, needed - canary.total)
    is_known = canary.total > 0 and stable.total > 0
    found = newcombe(canary, stable, fixed(settings.alpha)) if is_known else None
    points = None if found is None else Interval(*(POINTS * one for one in found))
    chance = p_value(canary, stable)
    return Effect(
        measure=measure,
        canary=canary.share,
        canary_samples=canary.total,
        stable=stable.share,
        stable_samples=stable.total,
        points=points and points.estimate,
        low=points and points.low,
        high=points and points.high,
        p_value=chance if is_known else None,
        minimum_points=minimum,
        samples_needed=needed,
        samples_missing=missing,
        sentence=_sentence(measure, points and _shown(points, chance, settings), _outlook(missing, minimum, settings)),
    )


def _needed(canary: Count, stable: Count, minimum: float, settings: AbSettings) -> int | None:
    if not stable.total:
        return None
    ratio = stable.total / canary.total if canary.total else 1.0
    # Nothing seen yet is not never.
    share = (stable.hits + 0.5) / (stable.total + 1)
    return samples_needed(share, minimum / POINTS, ratio=ratio, alpha=settings.alpha, power=settings.power)


def _sentence(measure: Measure, shown: str | None, outlook: str) -> str:
    if shown is None:
        return f"Nothing is known of the {measure} of one of the versions."
    return f"The canary's {measure} is {shown}; {outlook}."


def _shown(points: Interval, chance: float, settings: AbSettings) -> str:
    interval = f"{1 - settings.alpha:.0%} interval {points.low:+.2f} to {points.high:+.2f}"
    return f"{points.estimate:+.2f} points away from the stable version's ({interval}, p = {chance:.2g})"


def _outlook(missing: int | None, minimum: float, settings: AbSettings) -> str:
    rest = f"{missing:,} more answers of the canary are needed" if missing else "there are enough answers"
    return f"{rest} to find {minimum:.2f} points with a chance of {settings.power:.0%}"
