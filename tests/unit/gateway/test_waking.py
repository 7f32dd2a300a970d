"""A gateway whose models may sleep."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.unit.gateway.rig import BATCH, PREDICT, RedServer, check_problem, gateway, png

PICTURE = png((3, 0, 0))
ASKED = 'trireme_gateway_asked_total{model="tiny",version="2"}'
BAD = 'trireme_gateway_slo_requests_total{good="false",model="tiny",slo="availability"}'


class Sleeper(RedServer):
    """A model server without a replica, until a test gives it one."""

    has_replica = False


async def value(http: httpx.AsyncClient, series: str) -> float | None:
    lines = (await http.get("/metrics")).text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(series)), None)


async def test_who_finds_a_model_asleep_is_told_when_to_come_again_is_counted_and_breaks_no_promise(
    repository: Path,
) -> None:
    async with gateway(repository, Sleeper(), wake="on", wake_retry_s=20) as http:
        assert await value(http, ASKED) == 0
        files = [("files", ("a.png", PICTURE))]
        tensor = {"inputs": [{"name": "image", "shape": [1, 32, 32, 3], "datatype": "UINT8", "data": [0] * 3072}]}
        answers = [
            await http.post(PREDICT, content=PICTURE),
            await http.post(BATCH, files=files),
            await http.post("/v2/models/tiny/infer", json=tensor),
        ]
        for answer in answers[:2]:
            check_problem(answer, 503, "model-waking")
        assert [answer.headers["retry-after"] for answer in answers] == ["20"] * 3
        assert await value(http, ASKED) == 3
        assert await value(http, BAD) == 0


async def test_a_gateway_whose_model_sleeps_stays_ready_to_hear_who_asks(repository: Path) -> None:
    server = Sleeper()
    async with gateway(repository, server, wake="on", ready_cache_s=0.001) as http:
        answer = await http.get("/health/ready")
        assert (answer.status_code, answer.json()["status"]) == (200, "ready")
        (model,) = answer.json()["models"]
        assert (model["ready"], model["code"]) == (False, "model-waking")
        assert (await http.get("/v2/health/ready")).status_code == 200
        assert server.sizes == []
        assert await value(http, ASKED) == 0
        server.has_replica = True
        await asyncio.sleep(0.01)
        (model,) = (await http.get("/health/ready")).json()["models"]
        assert model["ready"]


async def test_a_request_that_is_held_is_answered_by_the_replica_that_comes_and_no_more_are_held_than_may(
    repository: Path,
) -> None:
    server = Sleeper()
    async with gateway(repository, server, wake="on", wake_hold_s=60, wake_max_held=2) as http:
        held = [asyncio.create_task(http.post(PREDICT, content=PICTURE)) for _ in range(2)]
        async with asyncio.timeout(30):
            while await value(http, ASKED) != 2:  # noqa: ASYNC110 - only its metric tells
                await asyncio.sleep(0.01)
        check_problem(await http.post(PREDICT, content=PICTURE), 503, "model-waking")
        server.has_replica = True
        assert [(await one).json()["label"] for one in held] == ["cat", "cat"]


async def test_a_request_is_held_for_as_long_as_the_setting_says(repository: Path) -> None:
    async with gateway(repository, Sleeper(), wake="on", wake_hold_s=0.2) as http:
        check_problem(await http.post(PREDICT, content=PICTURE), 503, "model-waking")
        late = await http.post(PREDICT, content=PICTURE, headers={"X-Request-Timeout": "0.05"})
        check_problem(late, 504, "deadline-passed")


@pytest.mark.parametrize("wake", ["off", "on"])
async def test_a_model_that_is_there_answers_as_ever(repository: Path, wake: str) -> None:
    async with gateway(repository, RedServer(), wake=wake) as http:
        assert (await http.post(PREDICT, content=PICTURE)).json()["label"] == "cat"
        assert await value(http, ASKED) == (1 if wake == "on" else None)
