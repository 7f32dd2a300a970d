"""What the gateway answers about drift."""

from collections.abc import Sequence

from pydantic import AwareDatetime, BaseModel

from contract.drift.comparison import Drift, Finding
from contract.drift.reference import Reference
from contract.moments import Span
from contract.names import ModelName


class Shares(BaseModel):
    """How frequent one label is."""

    reference: float
    """Among the answers to the version's test data."""
    now: float | None
    """Null where nothing was predicted."""


class DriftReport(BaseModel):
    """A version's present against its reference."""

    model: ModelName
    version: int
    since: AwareDatetime
    until: AwareDatetime
    predictions: int
    """Those that were read."""
    is_sample: bool
    """Whether there were more: then it is a sample, spread over the time."""
    major: int
    """Features with this verdict."""
    moderate: int
    """Features with this verdict."""
    highest_psi: float | None
    """Of all features; null where all verdicts are `too-few`."""
    features: list[Finding]
    label: Finding
    """The most probable label."""
    labels: dict[str, Shares]
    """Its distribution; labels that were rare in the reference are `other` together."""
    confidence: Finding
    """The probability of the most probable label."""

    @property
    def drifted(self) -> int:
        """Features that moved."""
        return self.major + self.moderate


OTHER = "other"


def report(
    name: tuple[str, int], span: Span, read: tuple[int, bool], drift: Drift, labels: dict[str, Shares]
) -> DriftReport:
    """The answer; `read` is how many predictions were read, and whether there were more."""
    verdicts = [one.verdict for one in drift.features]
    distances = [one.psi for one in drift.features if one.psi is not None]
    return DriftReport(
        model=name[0],
        version=name[1],
        since=span.since,
        until=span.until,
        predictions=read[0],
        is_sample=read[1],
        major=verdicts.count("major"),
        moderate=verdicts.count("moderate"),
        highest_psi=max(distances, default=None),
        labels=labels,
        **drift._asdict(),
    )


def label_shares(reference: Reference, counts: Sequence[int]) -> dict[str, Shares]:
    """How frequent each label is then and now; `counts` are as `CategoricalSummary.cells_of` gives them."""
    summary = reference.label
    names = [*(one.name for one in summary.categories), OTHER]
    then = summary.cells[:-1]
    if not (then[-1] or counts[-2]):
        names = names[:-1]
    total, before = sum(counts[:-1]), max(1, int(then.sum()))
    return {
        name: Shares(reference=int(then[place]) / before, now=counts[place] / total if total else None)
        for place, name in enumerate(names)
    }
