"""Traces by OpenTelemetry's SDK, sent by OTLP over HTTP; imported only where a collector is named.

Names and attributes follow OpenTelemetry's semantic conventions for HTTP and RPC. Paths, queries, addresses of callers
and texts of errors are left out: a caller may have put anything there.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

import grpc
from grpc.aio import AioRpcError
from opentelemetry import context as otel
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import (
    INVALID_SPAN,
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    format_span_id,
    format_trace_id,
    get_current_span,
    set_span_in_context,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers

from contract import __version__
from gateway.metrics import Metrics
from gateway.telemetry.exporting import processor
from gateway.telemetry.settings import TelemetrySettings
from gateway.telemetry.tracing import Metadata, Outcome, SpanIds, Wait

METHOD = "inference.GRPCInferenceService/ModelInfer"
NOTHING: Metadata = ()


@dataclass(frozen=True, slots=True)
class _Wait:
    span: Span
    request: SpanContext


_BATCH: ContextVar[tuple[_Wait, ...] | None] = ContextVar("batch", default=None)
"""None where a call belongs to the current request."""


class OtlpTracing:
    """A `Tracing` that sends spans to the collector that the settings name."""

    def __init__(self, settings: TelemetrySettings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._provider = TracerProvider(
            sampler=ParentBasedTraceIdRatio(settings.trace_ratio),
            # What OTEL_RESOURCE_ATTRIBUTES says comes on top.
            resource=Resource.create({"service.name": "trireme-gateway", "service.version": __version__}),
            shutdown_on_exit=False,
        )
        self._tracer = self._provider.get_tracer("trireme.gateway", __version__)
        self._propagator = TraceContextTextMapPropagator()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """See `Tracing.running`; the end waits for what is being sent, for at most one time-out."""
        self._provider.add_span_processor(processor(self._settings, self._metrics))
        try:
            yield
        finally:
            await asyncio.to_thread(self._provider.shutdown)

    @contextlib.contextmanager
    def request(self, headers: Headers, /) -> Iterator["_Request"]:
        """See `Tracing.request`."""
        span = self._tracer.start_span("request", self._parent(headers), SpanKind.SERVER)
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            yield _Request(span, _ids(span.get_span_context()))

    @contextlib.contextmanager
    def step(self, name: str, /) -> Iterator[None]:
        """See `Tracing.step`."""
        span = self._tracer.start_span(name)
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            yield

    @contextlib.contextmanager
    def waiting(self) -> Iterator[Wait | None]:
        """See `Tracing.waiting`."""
        request = get_current_span().get_span_context()
        if not request.trace_flags.sampled:
            yield None
            return
        wait = _Wait(self._tracer.start_span("batch wait"), request)
        try:
            yield wait
        finally:
            _end(wait.span)

    @contextlib.contextmanager
    def batch(self, waits: Sequence[Wait | None], /) -> Iterator[None]:
        """See `Tracing.batch`."""
        token = _BATCH.set(tuple(wait for wait in waits if isinstance(wait, _Wait)))
        try:
            yield
        finally:
            _BATCH.reset(token)

    @contextlib.contextmanager
    def call(self, address: str, /) -> Iterator[Metadata]:
        """See `Tracing.call`.

        The call is in the trace of the first request that it serves, and has a link to each other one; each wait has a
        link to the call.
        """
        span = self._call(address)
        if not span.is_recording():
            yield NOTHING
            return
        try:
            yield self._metadata(span)
            span.set_attribute("rpc.response.status_code", grpc.StatusCode.OK.name)
        except AioRpcError as error:
            _fail(span, error.code().name)
            raise
        except asyncio.CancelledError:
            _fail(span, grpc.StatusCode.CANCELLED.name)
            raise
        finally:
            span.end()

    def _call(self, address: str) -> Span:
        waits = _BATCH.get()
        requests = [get_current_span().get_span_context()] if waits is None else [wait.request for wait in waits]
        if not requests or not requests[0].trace_flags.sampled:
            return INVALID_SPAN
        span = self._tracer.start_span(
            METHOD,
            set_span_in_context(NonRecordingSpan(requests[0])),
            SpanKind.CLIENT,
            _peer(address),
            [Link(request) for request in requests[1:]],
        )
        for wait in waits or ():
            _end(wait.span, at=span.get_span_context())
        return span

    def _parent(self, headers: Headers) -> otel.Context:
        # Two parents are none, by the standard; several tracestate headers are one.
        parents = headers.getlist("traceparent")
        carrier = {"traceparent": parents[0] if len(parents) == 1 else ""}
        state = ",".join(headers.getlist("tracestate"))
        return self._propagator.extract({**carrier, "tracestate": state} if state else carrier, otel.Context())

    def _metadata(self, span: Span) -> Metadata:
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier, set_span_in_context(span))
        return tuple(carrier.items())


@dataclass(frozen=True, slots=True)
class _Request:
    span: Span
    ids: SpanIds

    def end(self, outcome: Outcome, /) -> None:
        """Name the span after its route, which is known only now."""
        self.span.update_name(f"{outcome.method} {outcome.route}")
        self.span.set_attributes(
            {
                "http.request.method": outcome.method,
                "http.route": outcome.route,
                "http.response.status_code": outcome.status,
                "url.scheme": "http",
                "trireme.request_id": outcome.request_id,
            }
        )
        if outcome.code is not None:
            self.span.set_attribute("error.type", outcome.code)
        if outcome.status >= 500:
            self.span.set_status(StatusCode.ERROR)


def _ids(context: SpanContext) -> SpanIds:
    return SpanIds(format_trace_id(context.trace_id), format_span_id(context.span_id))


def _peer(address: str) -> dict[str, str | int]:
    host, _, port = address.rpartition(":")
    known = {"rpc.system.name": "grpc", "rpc.method": METHOD}
    return {**known, "server.address": host.strip("[]"), "server.port": int(port)}


def _end(wait: Span, *, at: SpanContext | None = None) -> None:
    if wait.is_recording():
        if at is not None:
            wait.add_link(at)
        wait.end()


def _fail(span: Span, status: str) -> None:
    span.set_attributes({"rpc.response.status_code": status, "error.type": status})
    span.set_status(StatusCode.ERROR)
