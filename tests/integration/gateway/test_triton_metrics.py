"""A real Triton has the metrics that the chart's rules and dashboards are about."""

import httpx

from modelserver.temporary import TemporaryServer
from tests.integration.gateway.conftest import TINY
from tests.support.promql import TRITON


def test_every_metric_is_there_for_each_loaded_version(triton: TemporaryServer) -> None:
    lines = httpx.get(f"http://127.0.0.1:{triton.process.ports.metrics}/metrics").text.splitlines()
    wanted = {name for name in TRITON if not name.startswith("nv_gpu_")}
    for version in TINY:
        named = f'model="{version.triton_name}"'
        own = [line for line in lines if named in line and 'version="1"' in line]
        assert {line.partition("{")[0] for line in own} >= wanted
