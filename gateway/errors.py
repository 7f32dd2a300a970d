"""The gateway's errors, which are also its answers (see `gateway.problems`).

GatewayError
├── RequestError
│   ├── RequestInvalid               422  request-invalid
│   ├── BodyEmpty                    400  body-empty
│   ├── MultipartInvalid             400  multipart-invalid
│   ├── RouteUnknown                 404  not-found
│   ├── MethodNotAllowed             405  method-not-allowed
│   ├── NotAcceptable                406  not-acceptable
│   ├── BodyLate                     408  body-late
│   ├── BodyTooLarge                 413  body-too-large
│   ├── PartTooLarge                 413  part-too-large
│   ├── TooManyParts                 413  too-many-parts
│   ├── ContentTypeUnsupported       415  content-type-unsupported
│   ├── ContentEncodingUnsupported   415  content-encoding-unsupported
│   └── ClientGone                   499  client-gone
├── VersionNotServed                 404  version-not-served
├── PicturesNotTaken                 422  pictures-not-taken
├── RowsNotTaken                     422  rows-not-taken
├── ExplanationsMissing              422  explanations-missing
├── FeatureTableMissing              422  feature-table-missing
├── RawTablesNotTaken                422  raw-tables-not-taken
├── RowInvalid                       422  row-invalid
├── TooManyRows                      413  too-many-rows
├── IdsUnknown                       404  ids-unknown
├── DiskFull                         507  disk-full
├── RetryLater
│   ├── ModelNotServed               503  model-not-served
│   ├── Overloaded                   503  overloaded
│   ├── FeatureTableLoading          503  feature-table-loading
│   ├── ModelServerUnavailable       503  model-server-unavailable
│   └── ModelWaking                  503  model-waking
├── ModelServerFailed                502  model-server-failed
└── ModelServerTimeout               504  model-server-timeout
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pydantic import BaseModel

from contract.errors import TriremeError
from gateway.row_report import RowReport

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class FieldError(BaseModel):
    """What is wrong with one field of a request."""

    field: str
    """Where the field is: `query.top_k`, `body.image`."""
    message: str


class GatewayError(TriremeError):
    """A request can't be answered."""

    headers: Mapping[str, str] = NO_HEADERS
    """Headers of the answer."""


class RequestError(GatewayError):
    """The request is at fault."""

    status = 400
    code = "bad-request"
    title = "The request is wrong"


class RequestInvalid(RequestError):
    """A parameter or a field of the body breaks its rule; `errors` says which."""

    status = 422
    code = "request-invalid"
    title = "A field of the request is invalid"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = errors


class BodyEmpty(RequestError):
    """The request has no body."""

    code = "body-empty"
    title = "The request's body is empty"


class MultipartInvalid(RequestError):
    """The body is not well-formed multipart/form-data."""

    code = "multipart-invalid"
    title = "The body is not well-formed multipart/form-data"


class RouteUnknown(RequestError):
    """There is nothing at this address."""

    status = 404
    code = "not-found"
    title = "There is nothing at this address"


class MethodNotAllowed(RequestError):
    """The address doesn't know this method; the header `Allow` lists those that it knows."""

    status = 405
    code = "method-not-allowed"
    title = "The method isn't allowed here"


class NotAcceptable(RequestError):
    """The header `Accept` names no format in which the answer can be had."""

    status = 406
    code = "not-acceptable"
    title = "The answer can't be had in this format"


class BodyLate(RequestError):
    """The body did not arrive in time."""

    status = 408
    code = "body-late"
    title = "The request's body did not arrive in time"


class BodyTooLarge(RequestError):
    """The body is, or announces that it will be, larger than the limit."""

    status = 413
    code = "body-too-large"
    title = "The request's body is too large"


class PartTooLarge(RequestError):
    """One picture of a batch is larger than the limit; the others are answered."""

    status = 413
    code = "part-too-large"
    title = "The picture's file is too large"


class TooManyParts(RequestError):
    """The batch has more pictures than the limit."""

    status = 413
    code = "too-many-parts"
    title = "The batch has too many pictures"


class ContentTypeUnsupported(RequestError):
    """The body's type is none that this address takes."""

    status = 415
    code = "content-type-unsupported"
    title = "The content type isn't supported"


class ContentEncodingUnsupported(RequestError):
    """The body is compressed; bodies are taken as they are."""

    status = 415
    code = "content-encoding-unsupported"
    title = "The body must not be compressed"
    headers: Mapping[str, str] = MappingProxyType({"Accept-Encoding": "identity"})


class ClientGone(RequestError):
    """The caller closed the connection; nobody sees this answer, but logs and metrics do."""

    status = 499
    code = "client-gone"
    title = "The caller closed the connection"


class VersionNotServed(GatewayError):
    """The version is published, but not loaded; the detail names those that are."""

    status = 404
    code = "version-not-served"
    title = "The version isn't served"


class PicturesNotTaken(GatewayError):
    """The model takes tables."""

    status = 422
    code = "pictures-not-taken"
    title = "The model doesn't take pictures"


class RowsNotTaken(GatewayError):
    """The model takes pictures."""

    status = 422
    code = "rows-not-taken"
    title = "The model doesn't take rows of a table"


class ExplanationsMissing(GatewayError):
    """The version was published without what explains its predictions."""

    status = 422
    code = "explanations-missing"
    title = "The version can't explain its predictions"


class FeatureTableMissing(GatewayError):
    """The version was published without rows that may be named by their id."""

    status = 422
    code = "feature-table-missing"
    title = "The version has no feature table"


class RawTablesNotTaken(GatewayError):
    """The version has no SQL that turns raw tables into its columns."""

    status = 422
    code = "raw-tables-not-taken"
    title = "The version takes no raw tables"


class RowInvalid(GatewayError):
    """A row breaks rules of its columns; nothing was predicted. `problems` says where, `counts` how often."""

    status = 422
    code = "row-invalid"
    title = "A row breaks the rules of its columns"

    def __init__(self, report: RowReport) -> None:
        super().__init__(report.sentence())
        self.report = report


class TooManyRows(GatewayError):
    """One request holds more rows than the limit; send a file to the batch address instead."""

    status = 413
    code = "too-many-rows"
    title = "The request has too many rows"


class IdsUnknown(GatewayError):
    """The feature table doesn't hold all ids; nothing was predicted. `ids` lists the first of those that it lacks."""

    status = 404
    code = "ids-unknown"
    title = "The feature table doesn't hold these ids"

    def __init__(self, ids: Sequence[str | int], total: int) -> None:
        super().__init__(f"The feature table lacks {total:,} of the ids.")
        self.ids = tuple(ids)
        self.total = total


class DiskFull(GatewayError):
    """The gateway's disk, or what bodies together may take of it, is full."""

    status = 507
    code = "disk-full"
    title = "The gateway has no room on its disk"


class RetryLater(GatewayError):
    """It may work a little later."""

    status = 503
    code = "retry-later"
    title = "Try again a little later"
    headers: Mapping[str, str] = MappingProxyType({"Retry-After": "1"})

    def __init__(self, detail: str | None = None, *, retry_after_s: float = 1.0) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(max(1, math.ceil(retry_after_s)))}


class ModelNotServed(RetryLater):
    """The model is published, but no version of it answers callers that name none."""

    code = "model-not-served"
    title = "The model isn't served at the moment"


class Overloaded(RetryLater):
    """A queue is full, or the wait in it would be too long; nothing was computed."""

    code = "overloaded"
    title = "The gateway has too much to do"


class FeatureTableLoading(RetryLater):
    """The version's feature table isn't loaded yet; rows sent by value are answered already."""

    code = "feature-table-loading"
    title = "The feature table isn't loaded yet"


class ModelServerUnavailable(RetryLater):
    """No replica of the model server could be reached, or none has loaded the version."""

    code = "model-server-unavailable"
    title = "The model server is unavailable"


class ModelWaking(RetryLater):
    """The model sleeps while nobody asks for it; this request wakes it, and a later one finds it awake."""

    code = "model-waking"
    title = "The model is being woken"


class ModelServerFailed(GatewayError):
    """The model server answered with an error, or with something that is no answer."""

    status = 502
    code = "model-server-failed"
    title = "The model server failed on this request"


class ModelServerTimeout(GatewayError):
    """The model server did not answer in time."""

    status = 504
    code = "model-server-timeout"
    title = "The model server did not answer in time"
