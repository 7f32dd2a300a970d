"""Which request the code that runs now belongs to, so that a log's lines can tell."""

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request; who calls is known only after a while, so it is looked up when it is needed."""

    trace_id: str
    span_id: str
    request_id: str
    state: Mapping[str, Any]
    """The ASGI scope's."""

    def fields(self) -> Iterator[tuple[str, str]]:
        """What each line of a log tells about the request."""
        yield "trace_id", self.trace_id
        yield "span_id", self.span_id
        yield "request_id", self.request_id
        if "principal" in self.state:
            yield "principal", self.state["principal"].id


CURRENT: ContextVar[RequestContext | None] = ContextVar("request", default=None)
"""None outside of requests, and in a call to Triton, which serves many of them."""
