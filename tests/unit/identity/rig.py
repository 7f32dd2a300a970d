"""A gateway that asks who calls: its settings, its accounts, and clients with keys."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from pydantic import SecretStr

from gateway.app import create_app
from gateway.identity.permissions import Role
from gateway.identity.service import Accounts
from gateway.identity.signing_keys import SigningKey
from gateway.services import Services
from tests.unit.gateway.rig import RedServer, client, opened, settings

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Asking:
    """A gateway with accounts, in this event loop; its first user is `admin` with `PASSWORD`."""

    http: httpx.AsyncClient
    app: FastAPI

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services

    @property
    def accounts(self) -> Accounts:
        return self.services.identity.ours()

    async def key(self, role: Role, **changes: Any) -> str:
        """The text of a new API key."""
        given = {"owner": None, "note": "", "expires": None, "created_by": "user:admin", **changes}
        key, _ = await self.services.identity.all_keys().create(role=role, **given)
        return key.text

    async def login(self, name: str = "admin", password: str = PASSWORD) -> httpx.Response:
        return await self.http.post("/v1/auth/token", json={"username": name, "password": password})

    async def token(self, name: str = "admin", password: str = PASSWORD) -> dict[str, str]:
        """The header with a user's token."""
        return bearer((await self.login(name, password)).raise_for_status().json()["access_token"])

    async def me(self, headers: dict[str, str]) -> httpx.Response:
        return await self.http.get("/v1/auth/me", headers=headers)


@contextlib.asynccontextmanager
async def asking(repository: Path, state: Path, **changes: Any) -> AsyncIterator[Asking]:
    """A gateway whose database and files lie in `state`."""
    app = create_app(settings(repository, **{**files(state), **changes}), open_model_server=opened(RedServer()))
    async with client(app) as http:
        yield Asking(http, app)


def files(state: Path) -> dict[str, Any]:
    """Settings of accounts in a folder, with what a start needs there."""
    keys, password = state / "keys.json", state / "password"
    keys.write_text(json.dumps({"keys": [signing_key().document()]}))
    password.write_text(f"{PASSWORD}\n")
    return {
        "auth": "accounts",
        "database": SecretStr(f"sqlite:///{state}/trireme.db"),
        "auth_signing_keys": keys,
        "auth_admin_password_file": password,
        "log": "on",
        "log_spill": state / "predictions",
    }


@cache
def signing_key() -> SigningKey:
    """The key that signs tokens in tests."""
    return SigningKey.of(Ed25519PrivateKey.generate())


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}
