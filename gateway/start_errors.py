"""A start that fails for a reason that was planned for says so in one sentence, in place of a traceback."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.errors import TriremeError

FAILED = frozenset({"lifespan.startup.failed", "lifespan.shutdown.failed"})


class StartErrors:
    """ASGI middleware: what the server learns of a failed start, and logs, is the error's own sentence."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any kind."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            # Starlette tells of the failure, with the traceback as its text, before it raises the error.
            if message["type"] in FAILED:
                held.append(message)
            else:
                await send(message)

        try:
            await self._app(scope, receive, hold)
        except BaseException as error:
            for message in held:
                await send({**message, "message": error.detail} if isinstance(error, TriremeError) else message)
            raise
