"""A model that sleeps, and wakes: a real Triton that has no address at first."""

import asyncio
from functools import partial
from pathlib import Path

from gateway.app import create_app
from gateway.connecting import open_triton
from modelserver.temporary import TemporaryServer
from tests.unit.gateway.rig import PREDICT, check_problem, client, png, settings


async def test_a_request_wakes_nobody_by_itself_and_is_answered_once_the_model_has_an_address(
    repository: Path, triton: TemporaryServer
) -> None:
    addresses: set[str] = set()

    async def resolve(_target: str) -> set[str]:
        return set(addresses)

    given = settings(repository, wake="on", triton_discovery="dns", discovery_interval_s=0.05)
    app = create_app(given, open_model_server=partial(open_triton, resolve=resolve))
    async with client(app) as http:
        check_problem(await http.post(PREDICT, content=png()), 503, "model-waking")
        assert (await http.get("/health/ready")).status_code == 200
        addresses.add(triton.grpc_address)
        async with asyncio.timeout(60):
            status = 503
            while status == 503:
                await asyncio.sleep(0.05)
                status = (await http.post(PREDICT, content=png())).status_code
        assert status == 200
        addresses.clear()
        async with asyncio.timeout(60):
            while (await http.post(PREDICT, content=png())).status_code == 200:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        check_problem(await http.post(PREDICT, content=png()), 503, "model-waking")
