"""Errors as RFC 9457 problem documents, FastAPI's own included."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contract.errors import TriremeError
from gateway.errors import (
    FieldError,
    GatewayError,
    IdsUnknown,
    MethodNotAllowed,
    RequestError,
    RequestInvalid,
    RouteUnknown,
    RowInvalid,
)
from gateway.examples.errors import ExamplesRefused
from gateway.examples.report import ExampleProblem
from gateway.row_report import ProblemCount, RowProblem

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:problem-type:trireme:"
OPEN_INFERENCE = "/v2"
"""Below it, errors have the form of the Open Inference Protocol too."""

NOT_JSON = RequestInvalid(FieldError(field="body", message="It is not JSON."))
"""What FastAPI calls 400 where a body is not even text, and 422 where it is."""


class Problem(BaseModel):
    """An error, as `application/problem+json` (RFC 9457)."""

    type: str = Field(examples=["urn:problem-type:trireme:picture-truncated"])
    """Identifies the kind of problem; ends with its code."""
    title: str = Field(examples=["The picture is truncated or corrupt"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["The picture is truncated or corrupt"])
    code: str = Field(examples=["picture-truncated"])
    """Stable: programs may rely on it."""
    trace_id: str = Field(examples=["4bf92f3577b34da6a3ce929d0e0e4736"])
    errors: list[FieldError] | None = None
    """What is wrong with which field, for `request-invalid`."""
    problems: list[RowProblem] | None = None
    """The first values that break a rule, for `row-invalid`."""
    counts: list[ProblemCount] | None = None
    """How often each rule is broken in each column, for `row-invalid`."""
    ids: list[str | int] | None = None
    """The first of the ids that aren't there, for `ids-unknown`."""
    total: int | None = None
    """How many problems or ids there are in all, for `row-invalid` and `ids-unknown`."""
    refused: dict[str, int] | None = None
    """How many examples were refused, by code, for `examples-refused`."""
    examples: list[ExampleProblem] | None = None
    """The first examples that were refused, for `examples-refused`."""

    @classmethod
    def of(cls, error: TriremeError, trace_id: str) -> "Problem":
        """The document of one error."""
        return cls(
            type=TYPE_PREFIX + error.code,
            title=error.title,
            status=error.status,
            detail=error.detail,
            code=error.code,
            trace_id=trace_id,
            **_extras(error),
        )


class OpenInferenceProblem(Problem):
    """An error under `/v2`: a problem, with its sentence where clients of the Open Inference Protocol look for it."""

    error: str = Field(examples=["A batch has from 1 to 64 examples."])
    """The detail."""


def is_open_inference(path: str) -> bool:
    """Whether a path belongs to the Open Inference Protocol."""
    return path == OPEN_INFERENCE or path.startswith(OPEN_INFERENCE + "/")


def form_of(path: str) -> tuple[type[Problem], str]:
    """The document and the media type of errors at a path."""
    return (OpenInferenceProblem, "application/json") if is_open_inference(path) else (Problem, MEDIA_TYPE)


def _extras(error: TriremeError) -> dict[str, Any]:
    match error:
        case RequestInvalid():
            return {"errors": error.errors}
        case RowInvalid():
            report = error.report
            return {"problems": report.first, "counts": report.counts(), "total": report.total}
        case IdsUnknown():
            return {"ids": error.ids, "total": error.total}
        case ExamplesRefused():
            return {"refused": dict(error.report.refused), "examples": error.report.problems}
        case _:
            return {}


class ProblemResponse(Response):
    """The answer to a request that met an error."""

    media_type = MEDIA_TYPE

    def __init__(self, error: TriremeError, trace_id: str, headers: Mapping[str, str] | None = None) -> None:
        self._problem = Problem.of(error, trace_id)
        own = error.headers if isinstance(error, GatewayError) else {}
        super().__init__(self._problem.model_dump_json(exclude_none=True), error.status, {**own, **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, and leave its code for logs and metrics."""
        scope["state"]["problem_code"] = self._problem.code
        if is_open_inference(scope["path"]):
            self._speak_open_inference()
        await super().__call__(scope, receive, send)

    def _speak_open_inference(self) -> None:
        problem = OpenInferenceProblem(**dict(self._problem), error=self._problem.detail)
        self.body = problem.model_dump_json(exclude_none=True).encode()
        self.headers["Content-Length"] = str(len(self.body))
        # KServe's client shows the sentence of no other type.
        self.headers["Content-Type"] = "application/json"


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    app.add_exception_handler(TriremeError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)


async def _on_our_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, TriremeError)  # noqa: S101 - registered for this class alone
    return ProblemResponse(error, request.state.trace_id)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    return ProblemResponse(RequestInvalid(*field_errors(error.errors())), request.state.trace_id)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    ours: dict[int, TriremeError] = {404: RouteUnknown(), 405: MethodNotAllowed(), 400: NOT_JSON}
    return ProblemResponse(ours.get(error.status_code, RequestError()), request.state.trace_id, error.headers)


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Pydantic's findings without the values that caused them: those are the caller's."""
    return [FieldError(field=".".join(map(str, error["loc"])), message=error["msg"]) for error in errors]
