"""Callers for tests of limits, and time that passes when nothing else is to be done."""

import asyncio
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.identity.permissions import Role
from gateway.identity.principal import Principal
from gateway.limits.rate_limit import RateLimit

ALICE = Principal("user", "alice", Role.PREDICTOR)
LIMITER: object = RateLimit
BOB = Principal("key", "bob", Role.VIEWER)


class Known:
    """ASGI middleware: the caller is the one whose name the header `X-Who` has, or else the first."""

    def __init__(self, app: ASGIApp, *, principals: tuple[Principal, ...]) -> None:
        self._app = app
        self._principals = principals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = dict(scope.get("headers", ())).get(b"x-who", b"").decode()
        found = [principal for principal in self._principals if principal.name == name] or self._principals
        scope.setdefault("state", {})["principal"] = found[0]
        await self._app(scope, receive, send)


def known(app: FastAPI, *principals: Principal) -> FastAPI:
    """An app that takes its callers for these, whatever its own identity says."""
    place = next(index for index, entry in enumerate(app.user_middleware) if entry.cls is LIMITER)
    app.user_middleware.insert(place, Middleware(Known, principals=principals))
    return app


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer, so that seconds of a simulation take no time."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        loop: Any = self
        if not loop._ready and loop._scheduled:
            self._now = max(self._now, loop._scheduled[0]._when)
        super()._run_once()  # type: ignore[misc] # asyncio's own, which its stubs leave out
