"""The gateway when Triton goes away, hangs, or is one of several."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest

from contract.inputs import ImageInput
from contract.repository import ModelRepository
from gateway.app import create_app
from gateway.errors import ModelServerUnavailable
from gateway.metrics import Metrics
from gateway.replicas import ReplicaPool
from gateway.triton import Triton
from modelserver.temporary import TemporaryServer
from tests.integration.gateway.conftest import TINY
from tests.unit.gateway.rig import PREDICT, check_problem, client, png, settings, soon

PICTURE = png()


@pytest.fixture
def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@contextlib.asynccontextmanager
async def connected(repository: Path, *addresses: str, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client(create_app(settings(repository, triton_addresses=addresses, **changes))) as http:
        yield http


@contextlib.contextmanager
def stopped(server: TemporaryServer) -> Iterator[None]:
    """Triton and its stubs do nothing for a while, but keep their connections."""
    (triton,) = psutil.Process(server.process.guardian_pid).children()
    triton.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        triton.send_signal(signal.SIGCONT)


async def test_a_triton_that_is_away_is_503_with_retry_after(repository: Path, free_address: str) -> None:
    async with connected(repository, free_address) as http:
        answer = await http.post(PREDICT, content=PICTURE)
        check_problem(answer, 503, "model-server-unavailable")
        assert answer.headers["retry-after"] == "1"
        assert (await http.get("/health/ready")).status_code == 503
        assert (await http.get("/health/live")).status_code == 200


async def test_a_triton_that_is_killed_is_503_and_makes_the_gateway_unready(repository: Path) -> None:
    with TemporaryServer(repository, [TINY[1]]) as server:
        async with connected(repository, server.grpc_address, ready_cache_s=0.01) as http:
            assert (await http.post(PREDICT, content=PICTURE)).status_code == 200
            (triton,) = psutil.Process(server.process.guardian_pid).children()
            triton.kill()
            await soon(lambda: not server.process.is_alive())
            check_problem(await http.post(PREDICT, content=PICTURE), 503, "model-server-unavailable")
            assert (await http.get("/health/ready")).json()["status"] == "unready"


async def test_a_triton_that_hangs_is_504_and_answers_again_afterwards(
    repository: Path, triton: TemporaryServer
) -> None:
    async with connected(repository, triton.grpc_address, triton_timeout_s=2, ready_timeout_s=2) as http:
        assert (await http.post(PREDICT, content=PICTURE)).status_code == 200
        with stopped(triton):
            answers = await asyncio.gather(*(http.post(PREDICT, content=PICTURE) for _ in range(5)))
            for answer in answers:
                check_problem(answer, 504, "model-server-timeout")
            ready = (await http.get("/health/ready")).json()
            assert {entry["code"] for entry in ready["models"]} == {"model-server-timeout"}
        async with asyncio.timeout(60):
            status = 0
            while status != 200:
                status = (await http.post(PREDICT, content=PICTURE)).status_code


async def test_another_replica_answers_for_one_that_is_away(
    repository: Path, triton: TemporaryServer, free_address: str
) -> None:
    async with connected(repository, free_address, triton.grpc_address) as http:
        answers = await asyncio.gather(*(http.post(PREDICT, content=PICTURE) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert 'triton_errors_total{status="UNAVAILABLE"}' in (await http.get("/metrics")).text


async def test_another_replica_answers_for_one_that_has_not_loaded_the_version(
    repository: Path, triton: TemporaryServer
) -> None:
    with TemporaryServer(repository, []) as empty:
        async with connected(repository, empty.grpc_address, triton.grpc_address) as http:
            for _ in range(5):
                assert (await http.post(PREDICT, content=PICTURE)).status_code == 200
            assert 'triton_errors_total{status="' in (await http.get("/metrics")).text


async def test_a_replica_that_hangs_costs_one_answer_not_every_second(
    repository: Path, triton: TemporaryServer
) -> None:
    with TemporaryServer(repository, [TINY[1]]) as other:
        addresses = other.grpc_address, triton.grpc_address
        async with connected(repository, *addresses, triton_timeout_s=3) as http:
            assert (await http.post(PREDICT, content=PICTURE)).status_code == 200
            with stopped(other):
                statuses = [(await http.post(PREDICT, content=PICTURE)).status_code for _ in range(10)]
            assert statuses == [504, *[200] * 9]
            assert 'triton_errors_total{status="DEADLINE_EXCEEDED"} 1.0' in (await http.get("/metrics")).text


async def test_replicas_may_change_while_calls_are_in_flight(
    repository: Path, triton: TemporaryServer, free_address: str
) -> None:
    card = ModelRepository(repository).card(TINY[0])
    picture = [np.zeros(ImageInput(height=32, width=32).shape, np.uint8)]
    pool = ReplicaPool([triton.grpc_address])
    server = Triton(pool, Metrics(), calls_per_replica=3)
    await server.infer(card, picture, 20)
    with stopped(triton):
        call = asyncio.create_task(server.infer(card, picture, 20))
        with pool.least_busy("any") as replica:
            await soon(lambda: replica.outstanding == 2)
        pool.set_addresses([free_address])
        with pytest.raises(ModelServerUnavailable):
            await server.infer(card, picture, 20)
    assert (await call).shape == (1, 10)
    pool.set_addresses([])
    with pytest.raises(ModelServerUnavailable):
        await server.infer(card, picture, 20)
    pool.set_addresses([free_address, triton.grpc_address])
    assert (len(pool), server.concurrency) == (2, 6)
    await server.infer(card, picture, 20)
    await pool.close()
