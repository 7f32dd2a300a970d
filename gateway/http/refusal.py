"""A problem document as the bytes of an answer, for a connection that has no request to answer."""

from http import HTTPStatus

from gateway.errors import GatewayError
from gateway.identifiers import Identifiers
from gateway.observation import SAFE_HEADERS
from gateway.problems import MEDIA_TYPE, Problem

PHRASES = {status.value: status.phrase for status in HTTPStatus}


def refusal(error: GatewayError, identifiers: Identifiers) -> bytes:
    """The whole answer; the connection ends after it."""
    trace_id = identifiers.trace_id(None)
    body = Problem.of(error, trace_id).model_dump_json(exclude_none=True).encode()
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Connection": "close",
        "X-Trace-Id": trace_id,
        **SAFE_HEADERS,
        **error.headers,
    }
    lines = [f"HTTP/1.1 {error.status} {PHRASES[error.status]}", *(f"{name}: {headers[name]}" for name in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + body
