"""A gateway with a log, in this process, and what it answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from gateway.app import create_app
from gateway.benchmark_decode import open_nothing
from gateway.settings import GatewaySettings
from tests.unit.gateway.rig import PREDICT, client, png, settings

PREDICTIONS = "/v1/predictions"


def log_settings(repository: Path, url: str, spill: Path, **changes: Any) -> GatewaySettings:
    """Settings of a gateway that leaves nothing on the disk when it stops, however busy the machine is."""
    given = {"log": "on", "database": SecretStr(url), "log_spill": spill, "log_drain_s": 60}
    return settings(repository, **{**given, **changes})


@contextlib.asynccontextmanager
async def logging_gateway(given: GatewaySettings) -> AsyncIterator[httpx.AsyncClient]:
    async with client(create_app(given, open_model_server=open_nothing)) as http:
        yield http


async def predict(http: httpx.AsyncClient, count: int = 1) -> list[str]:
    """The ids of answers, in order."""
    answers = [await http.post(PREDICT, content=png()) for _ in range(count)]
    return [answer.raise_for_status().json()["id"] for answer in answers]


async def logged(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    """All entries, the oldest first."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await http.get(PREDICTIONS, params={"limit": "1000", **cursor})).raise_for_status().json()
        found += page["predictions"]
        if page["next"] is None:
            return found[::-1]
        cursor = {"cursor": page["next"]}


async def logged_ids(http: httpx.AsyncClient) -> list[str]:
    return [one["id"] for one in await logged(http)]


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 120.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not await condition():  # noqa: ASYNC110 - nothing tells of what another task does to the database
            await asyncio.sleep(0.05)


async def is_logged(http: httpx.AsyncClient, one: str) -> bool:
    return (await http.get(f"{PREDICTIONS}/{one}")).status_code == 200
