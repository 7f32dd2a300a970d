"""The Open Inference Protocol: tensors in, tensors out.

Of Triton's own API nothing else is here: what loads, unloads or configures models, and shared memory, don't exist.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from contract.card import VersionCard
from contract.errors import JsonInvalid, ModelUnknown, NameInvalid, VersionUnknown
from gateway.disconnection import cancelled_when_gone
from gateway.errors import (
    BodyEmpty,
    BodyLate,
    ContentEncodingUnsupported,
    ContentTypeUnsupported,
    ModelNotServed,
    ModelServerFailed,
    ModelServerTimeout,
    ModelServerUnavailable,
    Overloaded,
    RequestInvalid,
    TooManyParts,
    TooManyRows,
    VersionNotServed,
)
from gateway.limits.deadline import RequestTimeout, within
from gateway.limits.errors import DeadlinePassed
from gateway.open_inference.body import HEADER_LENGTH
from gateway.open_inference.errors import ExtensionUnsupported, InferenceHeaderInvalid, NotReady, TensorInvalid
from gateway.open_inference.metadata import Live, ModelMetadata, ModelReady, Ready, ServerMetadata, metadata_of
from gateway.open_inference.request import InferenceRequest
from gateway.open_inference.response import InferenceResponse
from gateway.prediction_log.asked import asked_by
from gateway.prediction_log.errors import LogUnavailable
from gateway.problems import OPEN_INFERENCE, OpenInferenceProblem
from gateway.readiness import are_ready
from gateway.rollout.shadow import Again
from gateway.routes.describe import COMPUTING, ModelPath, Responses, document, problems
from gateway.routes.health import Draining
from gateway.routes.request_key import RequestKey
from gateway.routes.shadowing import shadowed
from gateway.services import Given, Services

router = APIRouter(prefix=OPEN_INFERENCE, tags=["open inference protocol"])

VersionPath = Annotated[int, Path(ge=1, le=999_999_999, description="A served version.")]
MODEL = "/models/{model}"
VERSION = "/models/{model}/versions/{version}"
CHOICE = (ModelUnknown, VersionUnknown, VersionNotServed, ModelNotServed, NameInvalid, RequestInvalid)
ANSWERING = (ModelServerFailed, ModelServerUnavailable, ModelServerTimeout)
READING = (
    BodyEmpty,
    BodyLate,
    ContentTypeUnsupported,
    ContentEncodingUnsupported,
    InferenceHeaderInvalid,
    JsonInvalid,
    TensorInvalid,
    ExtensionUnsupported,
    Overloaded,
    LogUnavailable,
    TooManyParts,
    TooManyRows,
    DeadlinePassed,
)
WITH_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
LENGTH: dict[str, Any] = {
    "name": HEADER_LENGTH,
    "in": "header",
    "description": "Bytes of the JSON document, where the bytes of a tensor follow it.",
    "schema": {"type": "integer", "minimum": 1},
}
TENSORS: dict[str, Any] = {
    "parameters": [LENGTH],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": document(InferenceRequest)},
            "application/octet-stream": WITH_BYTES,
        },
    },
}


def _problems(*errors: Any) -> Responses:
    return problems(*errors, form=OpenInferenceProblem)


INFERRED: Responses = {
    200: {"description": "The tensors of the answer", "content": {"application/octet-stream": WITH_BYTES}},
    **_problems(*CHOICE, *READING, *COMPUTING),
}


@router.get("")
async def server_metadata() -> ServerMetadata:
    """What this server is, and which extensions of the protocol it has."""
    return ServerMetadata()


@router.get("/health/live")
async def server_live() -> Live:
    """The process runs and its event loop turns."""
    return Live()


@router.get("/health/ready", responses=_problems(NotReady))
async def server_ready(services: Given, drain: Draining) -> Ready:
    """Every served model answers, each by a real inference, and the gateway isn't about to stop."""
    if drain.has_begun:
        raise NotReady("The gateway is about to stop.")
    if not are_ready(await services.readiness.outcome()):
        raise NotReady
    return Ready()


@router.get(MODEL, responses=_problems(*CHOICE))
async def model_metadata(services: Given, model: ModelPath) -> ModelMetadata:
    """The tensors that a model's stable version takes and gives."""
    return _metadata(services, model, None)


@router.get(VERSION, responses=_problems(*CHOICE))
async def version_metadata(services: Given, model: ModelPath, version: VersionPath) -> ModelMetadata:
    """The tensors that a version takes and gives."""
    return _metadata(services, model, version)


@router.get(MODEL + "/ready", responses=_problems(*CHOICE, *ANSWERING))
async def model_ready(services: Given, model: ModelPath) -> ModelReady:
    """A model's stable version answers, by a real inference."""
    return await _ready(services, services.catalogue.model(model).choose(None))


@router.get(VERSION + "/ready", responses=_problems(*CHOICE, *ANSWERING))
async def version_ready(services: Given, model: ModelPath, version: VersionPath) -> ModelReady:
    """A version answers, by a real inference."""
    return await _ready(services, services.catalogue.model(model).choose(version))


@router.post(MODEL + "/infer", response_model=InferenceResponse, openapi_extra=TENSORS, responses=INFERRED)
async def infer(
    request: Request, services: Given, model: ModelPath, key: RequestKey, x_request_timeout: RequestTimeout = None
) -> Response:
    """The probabilities that a model's stable version, or its canary, gives for a batch, as JSON or bytes."""
    found = services.catalogue.model(model)
    answer, again = await _infer(request, services, found.choose_for(None, key), x_request_timeout)
    answer.background = shadowed(request, services, found, None, again)
    return answer


@router.post(VERSION + "/infer", response_model=InferenceResponse, openapi_extra=TENSORS, responses=INFERRED)
async def infer_by_version(
    request: Request,
    services: Given,
    model: ModelPath,
    version: VersionPath,
    x_request_timeout: RequestTimeout = None,
) -> Response:
    """The probabilities that a version gives for a batch, as JSON or bytes."""
    answer, _ = await _infer(request, services, services.catalogue.model(model).choose(version), x_request_timeout)
    return answer


def _metadata(services: Services, name: str, version: int | None) -> ModelMetadata:
    model = services.catalogue.model(name)
    return metadata_of(model, model.choose(version))


async def _ready(services: Services, card: VersionCard) -> ModelReady:
    await services.versions_readiness.check(card)
    return ModelReady(name=card.model, version=str(card.version))


async def _infer(
    request: Request, services: Services, card: VersionCard, timeout_s: float | None
) -> tuple[Response, Again]:
    """The answer, and what answers once more with another version."""
    with services.predictions.enter(card.model):
        async with within(timeout_s):
            body, asked = await services.bodies.tensors(request, card), asked_by(request)
            async with cancelled_when_gone(request.receive):
                await services.waking.awake(card)
                answer = await services.tensors.infer(card, body, asked)
    return answer.response(), lambda other: services.tensors.infer(other, body, asked)
