"""What models there are."""

from typing import Annotated

from fastapi import APIRouter, Query

from contract.errors import ModelUnknown, NameInvalid, VersionUnknown
from gateway.answers import ModelDetails, ModelList, ModelSummary, State, VersionSummary
from gateway.catalogue import Model
from gateway.errors import RequestInvalid
from gateway.routes.describe import ModelPath, problems
from gateway.services import Given

router = APIRouter(prefix="/v1/models", tags=["models"])

PublishedVersionQuery = Annotated[
    int | None, Query(ge=1, le=999_999_999, description="A published version; the stable one without it.")
]


@router.get("")
async def list_models(services: Given) -> ModelList:
    """Every model with its versions."""
    return ModelList(models=[_summary(model) for model in services.catalogue.published()])


@router.get("/{model}", responses=problems(ModelUnknown, VersionUnknown, NameInvalid, RequestInvalid))
async def show_model(services: Given, model: ModelPath, version: PublishedVersionQuery = None) -> ModelDetails:
    """One model: input schema, labels, metrics, lineage, versions."""
    found = services.catalogue.model(model)
    card = found.representative() if version is None else found.card(version)
    return ModelDetails(
        **dict(_summary(found)),
        version=card.version,
        input=card.input,
        labels=card.output.labels,
        metrics=card.metrics,
        decision=card.decision,
        feature_table=card.feature_table,
        explanation=card.explanation,
        gates=card.gates,
        lineage=card.lineage,
        engine=card.engine,
    )


def _summary(model: Model) -> ModelSummary:
    return ModelSummary(
        name=model.name,
        task=model.representative().task,
        stable=model.stable,
        versions=[_version(model, version) for version in sorted(model.cards)],
    )


def _version(model: Model, version: int) -> VersionSummary:
    card = model.cards[version]
    return VersionSummary(
        version=version,
        state=_state(model, version),
        created=card.created,
        accuracy=card.metrics.accuracy,
        engine=card.engine.backend,
    )


def _state(model: Model, version: int) -> State:
    if version == model.stable:
        return "stable"
    return "served" if version in model.served else "published"
