"""Traces, as a collector gets them."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers

from gateway.app import create_app
from gateway.batching import MicroBatcher
from gateway.metrics import Metrics
from gateway.telemetry.choice import tracing_for
from gateway.telemetry.otlp import METHOD
from gateway.telemetry.tracing import Metadata, Tracing, Untraced
from tests.support.collector import Collector, collecting
from tests.support.versions import make_version
from tests.unit.gateway.rig import PREDICT, RedServer, client, gateway, opened, png, settings

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
ROUTE = "POST /v1/models/{model}/predict"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    make_version(tmp_path, "tiny", 1)
    return tmp_path


def parent(trace_id: str = TRACE, *, sampled: bool = True, **more: str) -> dict[str, str]:
    return {"traceparent": f"00-{trace_id}-{CALLER}-0{int(sampled)}", **more}


async def test_a_request_is_a_span_of_its_caller_with_its_steps_below(repository: Path, collector: Collector) -> None:
    async with gateway(repository, otlp_endpoint=collector.url) as http:
        answer = await http.post(f"{PREDICT}?top_k=1", content=png((3, 0, 0)), headers=parent(tracestate="a=b"))
    assert answer.headers["x-trace-id"] == TRACE
    found = collector.named(ROUTE, "decode", "batch wait")
    request = found[ROUTE]
    assert (request.trace_id, request.parent, request.trace_state) == (TRACE, CALLER, "a=b")
    assert {found["decode"].parent, found["batch wait"].parent} == {request.span_id}
    assert request.service == "trireme-gateway"
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/models/{model}/predict",
        "http.response.status_code": "200",
        "url.scheme": "http",
        "trireme.request_id": answer.headers["x-request-id"],
    }


async def test_a_span_of_a_problem_tells_its_code_and_nothing_that_was_sent(
    repository: Path, collector: Collector
) -> None:
    async with gateway(repository, otlp_endpoint=collector.url) as http:
        await http.get("/v1/models/secret?password=secret")
    found = collector.named("GET /v1/models/{model}")["GET /v1/models/{model}"]
    assert found.attributes["error.type"] == "model-unknown"
    assert "secret" not in str(found)


async def test_what_the_caller_does_not_sample_is_not_sent(repository: Path, collector: Collector) -> None:
    trace_id = "1" * 32
    async with gateway(repository, otlp_endpoint=collector.url) as http:
        answer = await http.get("/health", headers=parent(trace_id, sampled=False))
    assert answer.headers["x-trace-id"] == trace_id
    assert trace_id not in {span.trace_id for span in collector.spans}


async def test_the_ratio_decides_where_the_caller_does_not(repository: Path, collector: Collector) -> None:
    async with gateway(repository, otlp_endpoint=collector.url, trace_ratio=0) as http:
        none = (await http.get("/health")).headers["x-trace-id"]
        asked = await http.get("/health", headers=parent("2" * 32))
    sent = {span.trace_id for span in collector.spans}
    assert none not in sent
    assert asked.headers["x-trace-id"] in sent


async def test_two_parents_are_none(repository: Path, collector: Collector) -> None:
    async with gateway(repository, otlp_endpoint=collector.url) as http:
        headers = [*parent().items(), *parent("3" * 32).items()]
        assert (await http.get("/health", headers=headers)).headers["x-trace-id"] not in {TRACE, "3" * 32}


@pytest.fixture
async def tracing(collector: Collector, repository: Path) -> AsyncIterator[Tracing]:
    found = tracing_for(settings(repository, otlp_endpoint=collector.url), Metrics())
    async with found.running():
        yield found


async def test_a_call_for_several_requests_is_in_the_first_one_s_trace_and_linked_with_the_others(
    collector: Collector, tracing: Tracing
) -> None:
    sent: list[Metadata | None] = []

    async def call(tensors: Any, _timeout_s: float) -> Any:
        with tracing.call("[::1]:8001") as metadata:
            sent.append(metadata)
        return [0.0] * len(tensors)

    batcher = MicroBatcher(call, max_batch_size=8, concurrency=lambda: 1, max_queue=8, tracing=tracing)

    async def request(digit: str, *, sampled: bool) -> None:
        with tracing.request(Headers(parent(digit * 32, sampled=sampled, tracestate="a=b"))):
            await batcher.submit(None, 5)  # type: ignore[arg-type]  # the call doesn't look at it

    await asyncio.gather(request("4", sampled=False), request("5", sampled=True), request("6", sampled=True))
    found = await asyncio.to_thread(collector.named, METHOD)
    (call_span,) = (span for span in collector.spans if span.name == METHOD)
    assert found[METHOD] == call_span
    assert (call_span.trace_id, call_span.links) == ("5" * 32, ("6" * 32,))
    assert call_span.attributes["server.address"] == "::1"
    assert call_span.attributes["rpc.response.status_code"] == "OK"
    waits = {span.trace_id: span.links for span in collector.spans if span.name == "batch wait" and span.links}
    assert waits == {"5" * 32: ("5" * 32,), "6" * 32: ("5" * 32,)}
    assert sent == [(("traceparent", f"00-{'5' * 32}-{call_span.span_id}-01"), ("tracestate", "a=b"))]


async def test_a_call_that_nobody_traces_sends_nothing_along(tracing: Tracing) -> None:
    with tracing.batch([None]), tracing.call("a:1") as metadata:
        assert not metadata
    with tracing.call("a:1") as metadata:
        assert not metadata
    with Untraced().call("a:1") as metadata:
        assert metadata is None


async def test_a_collector_that_is_away_costs_no_answer_and_two_lines(
    repository: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(
        settings(repository, otlp_endpoint="http://127.0.0.1:9", otlp_timeout_s=0.2, otlp_queue=512),
        open_model_server=opened(RedServer()),
    )
    async with client(app) as http:
        statuses = {(await http.get("/health")).status_code for _ in range(600)}
        metrics = app.state.services.metrics
    assert statuses == {200}
    assert metrics.spans.labels("ended")._value.get() == 600
    assert metrics.spans.labels("sent")._value.get() == 0
    assert metrics.spans.labels("failed")._value.get() >= 512
    ours = [record for record in caplog.records if record.name.startswith(("gateway.telemetry", "opentelemetry"))]
    assert [record.getMessage() for record in ours] == ["spans can't be sent"]
    assert ours[0].levelno == logging.WARNING


def test_without_a_collector_opentelemetry_s_sdk_is_not_loaded() -> None:
    code = (
        "import sys, gateway.app, gateway.settings as s;"
        "gateway.app.create_app(s.GatewaySettings(_env_file=None));"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


async def test_a_span_does_not_outlive_a_request_that_is_refused(collector: Collector, tracing: Tracing) -> None:
    batcher = MicroBatcher(
        lambda *_: asyncio.sleep(1),  # type: ignore[arg-type]
        max_batch_size=1,
        concurrency=lambda: 1,
        max_queue=0,
        tracing=tracing,
    )
    with tracing.request(Headers(parent("7" * 32))), pytest.raises(Exception, match="Too many"):
        await batcher.submit(None, 1)  # type: ignore[arg-type]
    await asyncio.to_thread(lambda: collector.named("batch wait"))
