"""What callers ask for, and what is told of versions."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field

from contract.card import VersionCard
from contract.names import ModelName
from gateway.catalogue import Model
from gateway.request_document import Note, RequestDocument
from gateway.rollout.events import ModelEvent
from gateway.rollout.origins import Origin
from gateway.rollout.traffic import Traffic, VersionState, VersionTraffic

UNKNOWN = Origin(None, None)
Revision = Annotated[int, Field(ge=0, le=2**31 - 1)]


class ReleaseDocument(RequestDocument):
    """A change of a model's traffic; every field may be left out."""

    revision: Revision | None = None
    """The traffic's revision that was seen; with another one nothing is changed."""
    note: Note = ""
    """Why, for people."""


class CanaryDocument(ReleaseDocument):
    """A canary's share."""

    weight: Annotated[int, Field(ge=1, le=99)]
    """Percent of the callers who name no version."""


class VersionShown(BaseModel):
    """One version of a model, and its part of the traffic."""

    version: int
    state: VersionState | None
    """Null where the version was not announced yet."""
    weight: int
    """Percent of the callers who name no version."""
    shadow: bool
    """Whether it answers copies of requests, which no caller sees."""
    proven: bool
    """Whether it answered its golden examples rightly since it was loaded; only then can it be given weight."""
    failed: bool
    """Whether it answered them wrongly."""
    served: bool
    """Whether it answers callers who name it."""
    accuracy: float | None
    """On the test set; null, as all else that the card tells, where the version is not in the repository any more."""
    macro_f1: float | None
    roc_auc: float | None
    """One against the rest; null where it is undefined."""
    parent: str | None
    """The version that it was fine-tuned from."""
    challenged: int | None
    """The version that it had to hold against, where a retrain made it."""
    source: str | None
    """Name of the data set or recipe; `import` for a model from elsewhere."""
    batches: int | None
    """Uploaded batches that it was trained on, too."""
    job: str | None
    """The retrain that made it."""
    rule: str | None
    """What the model's rule said of it then, in one sentence."""
    created: AwareDatetime | None
    last_event: ModelEvent | None
    last_verdict: ModelEvent | None
    """The last event that the judge or the smoke test made."""


class VersionsShown(BaseModel):
    """A model's versions, lowest first."""

    model: ModelName
    revision: int
    """Of the traffic; 0 where it is not kept yet."""
    previous: int | None
    """The version that a rollback without a canary goes to."""
    versions: list[VersionShown]


@dataclass(frozen=True)
class Told:
    """What the database tells of a model's versions beside its traffic, by version."""

    last: dict[int, ModelEvent]
    verdicts: dict[int, ModelEvent]
    origins: dict[int, Origin]


def versions_shown(model: Model, traffic: Traffic | None, told: Told) -> VersionsShown:
    """All versions that the repository or the traffic knows."""
    known = {} if traffic is None else {one.version: one for one in traffic.versions}
    return VersionsShown(
        model=model.name,
        revision=0 if traffic is None else traffic.revision,
        previous=None if traffic is None else traffic.previous,
        versions=[_shown(model, one, known.get(one), told) for one in sorted(known.keys() | model.cards)],
    )


def _shown(model: Model, version: int, part: VersionTraffic | None, told: Told) -> VersionShown:
    origin = told.origins.get(version, UNKNOWN)
    return VersionShown(
        version=version,
        state=None if part is None else part.state,
        weight=0 if part is None else part.weight,
        shadow=part is not None and part.shadow,
        proven=part is not None and part.proven,
        failed=part is not None and part.failed,
        served=version in model.served,
        challenged=origin.champion,
        rule=origin.rule,
        last_event=told.last.get(version),
        last_verdict=told.verdicts.get(version),
        **_of_card(model.cards.get(version)),
    )


def _of_card(card: VersionCard | None) -> dict[str, Any]:
    if card is None:
        return dict.fromkeys(("accuracy", "macro_f1", "roc_auc", "parent", "source", "batches", "job", "created"))
    return {
        "accuracy": card.metrics.accuracy,
        "macro_f1": card.metrics.macro.f1,
        "roc_auc": card.metrics.roc_auc,
        "parent": card.lineage.parent,
        "source": card.lineage.source,
        "batches": len(card.lineage.batches),
        "job": card.lineage.job,
        "created": card.created,
    }
