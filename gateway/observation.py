"""The outermost layer: each request gets identifiers, safe headers, a log line, its metrics, and always an answer."""

import logging
import time
from collections.abc import MutableMapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.errors import TriremeError
from gateway.faults import log_fault
from gateway.identifiers import Identifiers
from gateway.identity.access import METRICS
from gateway.metrics import Metrics
from gateway.problems import ProblemResponse
from gateway.telemetry.context import CURRENT, RequestContext
from gateway.telemetry.tracing import Outcome, RequestSpan, Tracing

access_log = logging.getLogger("gateway.access")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass
class Exchange:
    """One request and its answer."""

    scope: Scope
    send: Send
    span: RequestSpan
    request_id: str
    started: float = field(default_factory=time.perf_counter)
    status: int = 0
    """0 until the answer begins."""

    async def answer(self, message: Message) -> None:
        """Pass a message on, with our headers on the first."""
        if message["type"] == "http.response.start":
            self._begin(message)
        await self.send(message)

    @property
    def trace_id(self) -> str:
        """The trace that the request belongs to."""
        return self.span.ids.trace_id

    @property
    def code(self) -> str | None:
        """The problem's code, where the answer is one."""
        code: str | None = self.scope["state"].get("problem_code")
        return code

    @property
    def route(self) -> str:
        """The route's template; one name for everything unknown, so that a caller can't make up label values."""
        refused: str | None = self.scope["state"].get("route")
        return getattr(self.scope.get("route"), "path", refused or UNMATCHED)

    @property
    def method(self) -> str:
        """The method, or `other`."""
        return self.scope["method"] if self.scope["method"] in METHODS else "other"

    @property
    def seconds(self) -> float:
        """Seconds since the request began."""
        return time.perf_counter() - self.started

    def context(self) -> RequestContext:
        """What log lines tell about it."""
        ids = self.span.ids
        return RequestContext(ids.trace_id, ids.span_id, self.request_id, self.scope["state"])

    def _begin(self, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        self.status = message["status"]
        for name, value in SAFE_HEADERS.items():
            headers.setdefault(name, value)
        headers["X-Trace-Id"] = self.trace_id
        headers["X-Request-Id"] = self.request_id


class Observation:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, tracing: Tracing, with_access_log: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing
        self._with_access_log = with_access_log
        self._identifiers = Identifiers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any kind."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with self._tracing.request(headers) as span:
            exchange = Exchange(scope, send, span, self._identifiers.request_id(headers.get("x-request-id")))
            scope.setdefault("state", {}).update(trace_id=exchange.trace_id, request_id=exchange.request_id)
            token = CURRENT.set(exchange.context())
            try:
                with self._counted(scope):
                    await self._serve(exchange, receive)
                self._record(exchange)
            finally:
                CURRENT.reset(token)

    def _counted(self, scope: Scope) -> AbstractContextManager[object]:
        # Who reads the metrics would see himself: of an idle gateway, always one request.
        if (scope["method"], scope["path"]) == METRICS:
            return nullcontext()
        return self._metrics.in_flight.track_inprogress()

    async def _serve(self, exchange: Exchange, receive: Receive) -> None:
        try:
            await self._app(exchange.scope, receive, exchange.answer)
        except Exception as error:  # noqa: BLE001 - the last line: answered as `internal`, logged without its text
            log_fault(error, exchange.trace_id)
            # Where the answer has begun, leaving it unfinished makes the server break the connection.
            if not exchange.status:
                response = ProblemResponse(TriremeError("Something went wrong inside."), exchange.trace_id)
                await response(exchange.scope, receive, exchange.answer)

    def _record(self, exchange: Exchange) -> None:
        seconds = exchange.seconds
        self._metrics.requests.labels(exchange.route, exchange.method, str(exchange.status)).inc()
        self._metrics.latency.labels(exchange.route).observe(seconds)
        self._metrics.service_levels.record(exchange.scope, exchange.route, exchange.status, seconds)
        if exchange.code is not None:
            self._metrics.rejected.labels(exchange.code).inc()
        outcome = Outcome(exchange.route, exchange.method, exchange.status, exchange.code, exchange.request_id)
        exchange.span.end(outcome)
        if self._with_access_log:
            _log(outcome, seconds)


def _log(outcome: Outcome, seconds: float) -> None:
    milliseconds = round(seconds * 1000, 1)
    shown = outcome.method, outcome.route, outcome.status, outcome.code or "-", milliseconds
    access_log.info("%s %s %d %s %.1fms", *shown, extra=outcome.fields() | {"ms": milliseconds})
