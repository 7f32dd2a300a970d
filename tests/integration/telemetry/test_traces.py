"""One trace over the gateway and a real Triton."""

import asyncio
from pathlib import Path

from contract.names import ModelVersion
from gateway.app import create_app
from gateway.telemetry.otlp import METHOD
from modelserver.settings import ModelServerSettings
from modelserver.temporary import TemporaryServer
from tests.support.collector import collecting
from tests.support.versions import make_version
from tests.unit.gateway.rig import PREDICT, client, png, settings

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER = "1" * 32
ROUTE = "POST /v1/models/{model}/predict"
NAMES = (ROUTE, METHOD, "InferRequest", "tiny-v1", "compute")


def parent(trace_id: str, flag: str) -> dict[str, str]:
    return {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-{flag}"}


async def test_triton_s_spans_are_in_the_gateway_s_trace_and_triton_begins_none(tmp_path: Path) -> None:
    make_version(tmp_path, "tiny", 1)
    with collecting() as collector:
        own = ModelServerSettings(_env_file=None, otlp_endpoint=collector.url)
        with TemporaryServer(tmp_path, [ModelVersion("tiny", 1)], settings=own) as triton:
            chosen = settings(tmp_path, triton_addresses=(triton.grpc_address,), otlp_endpoint=collector.url)
            async with client(create_app(chosen)) as http:
                for headers in (parent(OTHER, "00"), parent(TRACE, "01")):
                    assert (await http.post(PREDICT, content=png(), headers=headers)).status_code == 200
            # Triton sends what it has every second, but at its end only what it finds the time for.
            found = await asyncio.to_thread(collector.named, *NAMES)
    assert {span.trace_id for span in collector.spans} == {TRACE}
    assert [found[name].service for name in (ROUTE, METHOD, "InferRequest")] == ["trireme-gateway"] * 2 + ["triton"]
    chain = [found[name] for name in NAMES]
    assert [child.parent for child in chain[1:]] == [span.span_id for span in chain[:-1]]
