"""What the gateway tells a tracer, and the one that traces nothing and costs nothing."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from starlette.datastructures import Headers

from gateway.identifiers import Identifiers

Metadata = tuple[tuple[str, str], ...]
"""Of a gRPC call."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended."""

    route: str
    """Its template, or `unmatched`."""
    method: str
    status: int
    code: str | None
    """The problem's, where the answer is one."""
    request_id: str

    def fields(self) -> dict[str, str | int | None]:
        """What the line of the access log tells besides what every line tells."""
        return {"route": self.route, "method": self.method, "status": self.status, "code": self.code}


@dataclass(frozen=True, slots=True)
class SpanIds:
    """The identifiers of a request's span, in hexadecimal digits."""

    trace_id: str
    span_id: str


class RequestSpan(Protocol):
    """The span of one request."""

    @property
    def ids(self) -> SpanIds:
        """What logs and answers name it by."""
        ...

    def end(self, outcome: Outcome, /) -> None:
        """Note how the request ended."""
        ...


class Wait(Protocol):
    """The span of an input that waits for a call to Triton."""


class Tracing(Protocol):
    """Makes spans; each context manager's span ends with it."""

    def running(self) -> AbstractAsyncContextManager[object]:
        """Send spans for as long as the context lasts."""
        ...

    def request(self, headers: Headers, /) -> AbstractContextManager[RequestSpan]:
        """A request with these headers, which may name the caller's span."""
        ...

    def step(self, name: str, /) -> AbstractContextManager[object]:
        """A part of the current request's work."""
        ...

    def waiting(self) -> AbstractContextManager[Wait | None]:
        """An input of the current request that waits for a call to Triton."""
        ...

    def batch(self, waits: Sequence[Wait | None], /) -> AbstractContextManager[object]:
        """Calls within belong to the requests of these inputs, not to the current one."""
        ...

    def call(self, address: str, /) -> AbstractContextManager[Metadata | None]:
        """One call to the Triton at an address; gives what to send along."""
        ...


class Untraced:
    """A `Tracing` without spans: a request only gets its identifiers."""

    def __init__(self) -> None:
        self._identifiers = Identifiers()
        self._nothing = nullcontext()

    def running(self) -> AbstractAsyncContextManager[object]:
        """Send nothing."""
        return self._nothing

    def request(self, headers: Headers, /) -> AbstractContextManager[RequestSpan]:
        """The caller's trace id or a new one, and a new span id."""
        trace_id = self._identifiers.trace_id(headers.get("traceparent"))
        return nullcontext(_NoSpan(SpanIds(trace_id, self._identifiers.span_id())))

    def step(self, _name: str, /) -> AbstractContextManager[object]:
        """No span."""
        return self._nothing

    def waiting(self) -> AbstractContextManager[Wait | None]:
        """No span."""
        return self._nothing

    def batch(self, _waits: Sequence[Wait | None], /) -> AbstractContextManager[object]:
        """No spans."""
        return self._nothing

    def call(self, _address: str, /) -> AbstractContextManager[Metadata | None]:
        """No span, and nothing to send along."""
        return self._nothing


@dataclass(frozen=True, slots=True)
class _NoSpan:
    ids: SpanIds

    def end(self, _outcome: Outcome, /) -> None:
        """Nothing to note."""


UNTRACED: Tracing = Untraced()
"""For parts that nobody gave a tracer."""
