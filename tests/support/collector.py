"""A collector of traces: OTLP over HTTP, protobuf from the gateway and JSON from Triton."""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.unit.gateway.rig import eventually

PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True)
class Span:
    service: str
    name: str
    trace_id: str
    span_id: str
    parent: str
    links: tuple[str, ...]
    """Trace ids."""
    attributes: Mapping[str, Any]
    trace_state: str


@dataclass
class Collector:
    url: str
    spans: list[Span] = field(default_factory=list)

    def named(self, *names: str) -> dict[str, Span]:
        """The last span of each name, as soon as there is one."""
        eventually(lambda: set(names) <= {span.name for span in self.spans})
        return {span.name: span for span in self.spans if span.name in names}

    def take(self, kind: str, body: bytes) -> None:
        spans = _protobuf(body) if kind == PROTOBUF else list(_json(body))
        self.spans.extend(spans)


def _protobuf(body: bytes) -> list[Span]:
    return [
        Span(
            service=_attributes(MessageToDict(resource.resource))["service.name"],
            name=span.name,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            links=tuple(link.trace_id.hex() for link in span.links),
            attributes=_attributes(MessageToDict(span)),
            trace_state=span.trace_state,
        )
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _json(body: bytes) -> Iterator[Span]:
    for resource in json.loads(body)["resourceSpans"]:
        service = _attributes(resource["resource"])["service.name"]
        for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
            ids = span["traceId"], span["spanId"], span.get("parentSpanId", "")
            yield Span(service, span["name"], *ids, (), _attributes(span), span.get("traceState", ""))


def _attributes(holder: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in holder.get("attributes", ())}


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port of loopback."""
    found = Collector("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["content-length"]))
            # Before the answer: what was sent is there.
            found.take(self.headers["content-type"], body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
