"""Rate limits that several gateways share, over a real Redis."""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from gateway.app import create_app
from gateway.limits.policy import Rule
from gateway.limits.rates import Quota
from gateway.limits.redis_counters import RedisCounters
from gateway.metrics import Metrics
from tests.support.redis import Redis, run_redis
from tests.support.versions import make_version
from tests.unit.gateway.limits.rig import ALICE, known
from tests.unit.gateway.rig import RedServer, check_problem, client, opened, settings

MODELS = "/v1/models"


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with run_redis() as server:
        yield server


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_version(root, "tiny", 1)
    return root


@pytest.fixture
def caller() -> str:
    return uuid.uuid4().hex


@pytest.fixture
async def counters(redis: Redis) -> AsyncIterator[Callable[[], RedisCounters]]:
    opened: list[RedisCounters] = []

    def another() -> RedisCounters:
        opened.append(RedisCounters(redis.url, 5.0))
        return opened[-1]

    yield another
    for one in opened:
        await one.close()


async def test_all_gateways_together_let_no_more_in_than_one_would(
    counters: Callable[[], RedisCounters], caller: str
) -> None:
    rates = Rule.of("default", ["30/hour", "100/minute"]).rates
    gateways = [counters() for _ in range(3)]
    verdicts = await asyncio.gather(*(gateways[number % 3].take(rates, caller) for number in range(60)))
    assert sum(verdict.is_allowed for verdict in verdicts) == 30
    refused = next(verdict for verdict in verdicts if not verdict.is_allowed)
    assert refused.quotas[1] == Quota(30, 3600, 0, 3600)
    assert refused.retry_after_s == 3600


async def test_it_counts_as_memory_does(counters: Callable[[], RedisCounters], caller: str) -> None:
    rates = Rule.of("default", ["2/second", "5/minute"]).rates
    shared = counters()
    verdicts = [await shared.take(rates, caller) for _ in range(3)]
    assert [verdict.is_allowed for verdict in verdicts] == [True, True, False]
    assert [quota.remaining for quota in verdicts[1].quotas] == [0, 3]


async def test_a_gateway_that_starts_anew_goes_on_counting(models: Path, redis: Redis, caller: str) -> None:
    given = settings(models, rate_store=redis.url, rate_store_timeout_s=5, rate_limits=("2/hour",))
    principal = type(ALICE)("user", caller, ALICE.role)
    statuses = []
    for _ in range(3):
        async with client(known(create_app(given, open_model_server=opened(RedServer())), principal)) as http:
            statuses.append((await http.get(MODELS)).status_code)
    assert statuses == [200, 200, 429]


async def errors_of(http: httpx.AsyncClient) -> float:
    lines = (await http.get("/metrics")).text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("trireme_gateway_rate_store_errors_total")))


@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL])
async def test_limits_hold_and_answers_go_on_when_redis_hangs_or_dies(models: Path, how: signal.Signals) -> None:
    with run_redis() as server:
        given = settings(models, rate_store=server.url, rate_store_timeout_s=3, rate_limits=("3/hour",))
        app = known(create_app(given, open_model_server=opened(RedServer())), ALICE)
        async with client(app) as http:
            assert (await http.get(MODELS)).headers["ratelimit"].startswith('"default-3600s";r=2')
            os.kill(server.process.pid, how)
            assert [(await http.get(MODELS)).status_code for _ in range(3)] == [200, 200, 200]
            check_problem(await http.get(MODELS), 429, "rate-limited")
            assert await errors_of(http) >= 1


async def test_a_store_that_was_never_there_stops_nobody(models: Path) -> None:
    given = settings(models, rate_store="redis://127.0.0.1:1", rate_limits=("1/hour",))
    assert "127.0.0.1:1" not in repr(given)
    async with client(known(create_app(given, open_model_server=opened(RedServer())), ALICE)) as http:
        assert [(await http.get(MODELS)).status_code for _ in range(2)] == [200, 429]
    assert b"rate_store_errors" in Metrics().exposition()
