"""A gateway that asks who calls: its settings, its accounts, and clients with keys."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from gateway.app import create_app
from gateway.identity.permissions import Role
from gateway.services import Services
from tests.unit.gateway.rig import RedServer, client, opened, settings


@dataclass(frozen=True)
class Asking:
    """A gateway with accounts, in this event loop."""

    http: httpx.AsyncClient
    app: FastAPI

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services

    async def key(self, role: Role, **changes: Any) -> str:
        """The text of a new API key."""
        assert self.services.identity.keys is not None
        given = {"owner": None, "note": "", "expires": None, "created_by": "user:admin", **changes}
        key, _ = await self.services.identity.keys.create(role=role, **given)
        return key.text


@contextlib.asynccontextmanager
async def asking(repository: Path, state: Path, **changes: Any) -> AsyncIterator[Asking]:
    """A gateway whose database and files lie in `state`."""
    given = {
        "auth": "accounts",
        "database": SecretStr(f"sqlite:///{state}/trireme.db"),
        **changes,
    }
    app = create_app(settings(repository, **given), open_model_server=opened(RedServer()))
    async with client(app) as http:
        yield Asking(http, app)


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}
