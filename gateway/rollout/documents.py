"""What callers ask for, and what is told of versions."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from contract.names import ModelName
from gateway.catalogue import Model
from gateway.request_document import Note, RequestDocument
from gateway.rollout.events import ModelEvent
from gateway.rollout.traffic import Traffic, VersionState, VersionTraffic

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
    """On the test set; null where the version is not in the repository any more."""
    parent: str | None
    """The version that it was fine-tuned from."""
    created: AwareDatetime | None
    last_event: ModelEvent | None


class VersionsShown(BaseModel):
    """A model's versions, lowest first."""

    model: ModelName
    revision: int
    """Of the traffic; 0 where it is not kept yet."""
    previous: int | None
    """The version that a rollback without a canary goes to."""
    versions: list[VersionShown]


def versions_shown(model: Model, traffic: Traffic | None, last: dict[int, ModelEvent]) -> VersionsShown:
    """All versions that the repository or the traffic knows."""
    known = {} if traffic is None else {one.version: one for one in traffic.versions}
    return VersionsShown(
        model=model.name,
        revision=0 if traffic is None else traffic.revision,
        previous=None if traffic is None else traffic.previous,
        versions=[_shown(model, one, known.get(one), last.get(one)) for one in sorted(known.keys() | model.cards)],
    )


def _shown(model: Model, version: int, part: VersionTraffic | None, last: ModelEvent | None) -> VersionShown:
    card = model.cards.get(version)
    return VersionShown(
        version=version,
        state=None if part is None else part.state,
        weight=0 if part is None else part.weight,
        shadow=part is not None and part.shadow,
        proven=part is not None and part.proven,
        failed=part is not None and part.failed,
        served=version in model.served,
        accuracy=None if card is None else card.metrics.accuracy,
        parent=None if card is None else card.lineage.parent,
        created=None if card is None else card.created,
        last_event=last,
    )
