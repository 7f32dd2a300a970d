"""Rate limits as callers meet them."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.identity.principal import LOCAL, NOBODY, Principal
from tests.support.wire import answer, connected, head
from tests.unit.gateway.limits.rig import ALICE, BOB, known
from tests.unit.gateway.rig import PREDICT, RedServer, check_problem, client, listening, opened, png, settings

MODELS = "/v1/models"


@contextlib.asynccontextmanager
async def limited(repository: Path, *principals: Principal, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    given = settings(repository, **{"rate_limits": ("2/hour",), **changes})
    app = create_app(given, open_model_server=opened(RedServer()))
    async with client(known(app, *principals)) as http:
        yield http


async def test_what_is_too_much_is_429_and_says_when_to_come_back(repository: Path) -> None:
    async with limited(repository, ALICE) as http:
        for _ in range(2):
            assert (await http.post(PREDICT, content=png((1, 0, 0)))).status_code == 200
        refused = await http.post(PREDICT, content=png((1, 0, 0)))
        check_problem(refused, 429, "rate-limited")
        assert 0 < int(refused.headers["retry-after"]) <= 3600


async def test_every_answer_tells_how_the_caller_stands(repository: Path) -> None:
    async with limited(repository, ALICE, rate_limits=("5/hour", "3/minute")) as http:
        for path in (MODELS, f"{MODELS}/unknown"):
            headers = (await http.get(path)).headers
            assert headers["ratelimit-policy"] == '"default-60s";q=3;w=60, "default-3600s";q=5;w=3600'
        minute, hour = headers["ratelimit"].split(", ")
        assert minute.startswith('"default-60s";r=1;t=')
        assert hour.startswith('"default-3600s";r=3;t=')


async def test_each_identity_has_its_own_rate_and_a_role_may_have_another(repository: Path) -> None:
    async with limited(repository, ALICE, BOB, rate_limits_by_role={"viewer": ["1/hour"]}) as http:
        as_bob = {"X-Who": "bob"}
        assert [(await http.get(MODELS, headers=as_bob)).status_code for _ in range(2)] == [200, 429]
        assert [(await http.get(MODELS)).status_code for _ in range(3)] == [200, 200, 429]


async def test_nobody_is_counted_by_address(repository: Path) -> None:
    async with limited(repository, NOBODY, trusted_proxies=["127.0.0.1/32"]) as http:
        for address in ("198.51.100.1", "198.51.100.2"):
            forwarded = {"X-Forwarded-For": address}
            assert [(await http.get(MODELS, headers=forwarded)).status_code for _ in range(3)] == [200, 200, 429]


async def test_a_forwarded_address_is_not_believed_of_everybody(repository: Path) -> None:
    async with limited(repository, NOBODY) as http:
        forged = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(3)]
        assert [(await http.get(MODELS, headers=headers)).status_code for headers in forged] == [200, 200, 429]


async def test_tokens_have_a_stricter_rate_by_address_whoever_asks(repository: Path) -> None:
    async with limited(repository, ALICE, BOB, rate_limits_token=("1/hour",)) as http:
        first = await http.post("/v1/auth/token")
        assert first.headers["ratelimit-policy"] == '"token-3600s";q=1;w=3600'
        check_problem(await http.post("/v1/auth/token", headers={"X-Who": "bob"}), 429, "rate-limited")
        assert (await http.get(MODELS)).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/metrics"])
async def test_who_watches_the_gateway_is_not_limited(repository: Path, path: str) -> None:
    async with limited(repository, NOBODY, rate_limits=("1/hour",)) as http:
        answers = [await http.get(path) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        assert "ratelimit" not in answers[0].headers


@pytest.mark.parametrize(("who", "rates"), [(LOCAL, ("1/hour",)), (ALICE, ())])
async def test_where_nothing_is_limited_nothing_is_told(
    repository: Path, who: Principal, rates: tuple[str, ...]
) -> None:
    async with limited(repository, who, rate_limits=rates) as http:
        answers = [await http.get(MODELS) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        assert "ratelimit" not in answers[0].headers


async def test_a_very_long_name_takes_no_more_memory_than_others(repository: Path) -> None:
    long = [Principal("issuer", "x" * 10_000 + end, ALICE.role) for end in "ab"]
    for principal in long:
        async with limited(repository, principal, rate_limits=("1/hour",)) as http:
            assert [(await http.get(MODELS)).status_code for _ in range(2)] == [200, 429]


def test_a_refused_body_is_not_read_and_the_refusal_can_be(repository: Path) -> None:
    given = settings(repository, rate_limits=("1/hour",))
    app = known(create_app(given, open_model_server=opened(RedServer())), ALICE)
    with listening(app, given) as port:
        for status in (422, 429):
            with connected(port) as connection:
                connection.sendall(head(f"{PREDICT}?version=x", "Content-Length: 5000000") + b"x" * 3_000_000)
                found, headers, _ = answer(connection)
                assert (found, headers["connection"]) == (status, "close")


async def test_every_limited_operation_documents_its_429(repository: Path) -> None:
    async with limited(repository, LOCAL) as http:
        document = (await http.get("/openapi.json")).json()
        lacking = {
            path
            for path, operations in document["paths"].items()
            for operation in operations.values()
            if "429" not in operation["responses"]
        }
        assert lacking == {path for path in document["paths"] if path.startswith(("/health", "/metrics", "/v2/health"))}
