"""A gateway whose traffic is in a database, in this process."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from gateway.app import create_app
from gateway.database.engine import Database
from gateway.rollout.actions import Action, By
from gateway.rollout.leases import Leases
from gateway.rollout.store import RolloutStore
from gateway.rollout.world import World
from tests.unit.gateway.rig import PREDICT, RedServer, client, opened, png, settings

TEST = By("test")
VERSIONS, EVENTS = "/v1/models/tiny/versions", "/v1/models/tiny/events"


@contextlib.asynccontextmanager
async def releasing(
    repository: Path, url: str, server: Any = None, *, world: World | None = None, **changes: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that looks at its traffic often, and keeps no rollouts unless it is told to."""
    often: dict[str, Any] = {"rollout": "on", "database": SecretStr(url), "rollout_interval_s": 0.05}
    given = settings(repository, **{**often, **changes})
    app = create_app(given, open_model_server=opened(server or RedServer()), world=world)
    async with client(app) as http:
        yield http


async def done(database: Database, *actions: Action, model: str = "tiny") -> None:
    """Do actions past the gateway."""
    store = RolloutStore(database, Leases(database))
    for action in actions:
        await store.apply(model, action, TEST)


async def answered(http: httpx.AsyncClient, key: str | None = None, **params: str) -> int:
    """The version that answers."""
    headers = {} if key is None else {"X-Request-Key": key}
    answer = await http.post(PREDICT, content=png((1, 0, 0)), headers=headers, params=params)
    version: int = answer.raise_for_status().json()["version"]
    return version
