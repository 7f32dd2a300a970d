"""Asks each request who calls, and lets through what the table of access allows."""

from starlette.types import ASGIApp, Receive, Scope, Send

from contract.errors import TriremeError
from gateway.body_guard import answer_early
from gateway.errors import MethodNotAllowed, RouteUnknown
from gateway.identity.access import AccessTable, Guarded, Open
from gateway.identity.errors import Forbidden
from gateway.identity.principal import NOBODY, Principal
from gateway.problems import ProblemResponse


class IdentityGuard:
    """ASGI middleware: puts the caller into `scope["state"]["principal"]`, and the route's template into `"route"`.

    A path or method that the table doesn't know is answered here: the router never sees what nobody decided about.
    """

    def __init__(self, app: ASGIApp, *, table: AccessTable) -> None:
        self._app = app
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any kind."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            # A policy's refusal, RFC 6455 section 7.4.1.
            await send({"type": "websocket.close", "code": 1008})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The router would take a root path off before it matches; we know of none.
        guarded = None if scope.get("root_path") else self._table.find(scope["path"])
        scope["state"]["route"] = guarded and guarded.template
        try:
            scope["state"]["principal"] = await _admitted(scope, guarded)
        except TriremeError as error:
            await self._refuse(error, guarded, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _refuse(
        self, error: TriremeError, guarded: Guarded | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        headers = {"Allow": guarded.allow} if guarded and isinstance(error, MethodNotAllowed) else None
        response = ProblemResponse(error, scope["state"]["trace_id"], headers)
        await answer_early(response, scope, receive, send)


async def _admitted(scope: Scope, guarded: Guarded | None) -> Principal:
    need = guarded.need(scope["method"]) if guarded else None
    if need is Open.PUBLIC:
        return NOBODY
    principal: Principal = await scope["app"].state.services.identity.authenticator.identify(scope["headers"])
    # Who isn't known doesn't learn what there is.
    if guarded is None:
        raise RouteUnknown
    if need is None:
        raise MethodNotAllowed
    if not isinstance(need, Open) and need not in principal.permissions:
        raise Forbidden(need)
    return principal
