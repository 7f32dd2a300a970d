"""Which version of a model answers, and how it came to that."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from contract.errors import ModelUnknown, NameInvalid, VersionUnknown
from gateway.catalogue import Model
from gateway.database.errors import DatabaseUnavailable
from gateway.errors import BodyTooLarge, RequestInvalid
from gateway.identity.principal import principal_of
from gateway.rollout.actions import Action, By, Canary, Promote, Retire, Rollback, Shadow
from gateway.rollout.comparing import CanaryReport
from gateway.rollout.documents import CanaryDocument, ReleaseDocument, VersionsShown
from gateway.rollout.errors import CanaryMissing, RolloutConflict, RolloutOff, TransitionRefused
from gateway.rollout.events import EventsQuery, ModelEvents
from gateway.rollout.rollouts import Rollouts
from gateway.routes.describe import ModelPath, problems
from gateway.services import Given

router = APIRouter(prefix="/v1/models/{model}", tags=["rollouts"])

VersionPath = Annotated[int, Path(ge=1, le=999_999_999, description="A published version.")]
READING = (RolloutOff, ModelUnknown, NameInvalid, RequestInvalid, DatabaseUnavailable)
CHANGING = (*READING, VersionUnknown, BodyTooLarge, RolloutConflict, TransitionRefused)


class Releases:
    """One model's rollouts, for one caller."""

    def __init__(self, rollouts: Rollouts, model: Model, caller: str) -> None:
        self.rollouts = rollouts
        self.model = model
        self._caller = caller

    async def apply(self, action: Action, asked: ReleaseDocument) -> VersionsShown:
        """Do an action; raises as `RolloutStore.apply`."""
        by = By(self._caller, asked.note)
        return await self.rollouts.apply(self.model, action, by, revision=asked.revision)


# Async, though it waits for nothing: FastAPI would run it in a thread otherwise.
async def _releases(request: Request, services: Given, model: ModelPath) -> Releases:
    if services.rollouts is None:
        raise RolloutOff("This gateway does no rollouts: GATEWAY_ROLLOUT is off.")
    return Releases(services.rollouts, services.catalogue.model(model), principal_of(request.scope).id)


Of = Annotated[Releases, Depends(_releases)]


@router.get("/versions", responses=problems(*READING))
async def list_versions(of: Of) -> VersionsShown:
    """A model's versions: state, share of the traffic, accuracy, last event; and the traffic's revision."""
    return await of.rollouts.versions(of.model)


@router.get("/canary", responses=problems(*READING, CanaryMissing))
async def show_canary(of: Of) -> CanaryReport:
    """The canary beside the stable version: what the judge says, and how the two differ, with intervals."""
    return await of.rollouts.canary(of.model)


@router.post("/versions/{version}/canary", responses=problems(*CHANGING))
async def set_canary(of: Of, version: VersionPath, body: CanaryDocument) -> VersionsShown:
    """Give a proven version a part of the traffic, or the canary another part."""
    return await of.apply(Canary(version, body.weight), body)


@router.post("/versions/{version}/shadow", responses=problems(*CHANGING))
async def set_shadow(of: Of, version: VersionPath, body: ReleaseDocument | None = None) -> VersionsShown:
    """Load a version and let it answer copies of requests, which only the prediction log sees."""
    return await of.apply(Shadow(version), body or ReleaseDocument())


@router.post("/versions/{version}/promote", responses=problems(*CHANGING))
async def promote(of: Of, version: VersionPath, body: ReleaseDocument | None = None) -> VersionsShown:
    """Make a proven version the stable one."""
    return await of.apply(Promote(version), body or ReleaseDocument())


@router.post("/versions/{version}/retire", responses=problems(*CHANGING))
async def retire(of: Of, version: VersionPath, body: ReleaseDocument | None = None) -> VersionsShown:
    """Give up a candidate, a shadow or the canary."""
    return await of.apply(Retire(version), body or ReleaseDocument())


@router.post("/rollback", responses=problems(*CHANGING))
async def roll_back(of: Of, body: ReleaseDocument | None = None) -> VersionsShown:
    """End the canary; without one, make the stable version before stable again."""
    return await of.apply(Rollback(), body or ReleaseDocument())


@router.get("/events", responses=problems(*READING))
async def list_events(of: Of, query: Annotated[EventsQuery, Query()]) -> ModelEvents:
    """What happened to a model's versions, by whom or which rule, on which numbers; the newest first."""
    return await of.rollouts.events.page(of.model.name, query)
