"""Counts the bytes of bodies while they arrive, before anything parses or stores them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import Gauge
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import BodyLate, BodyTooLarge, Overloaded
from gateway.identity.permissions import Role
from gateway.identity.principal import principal_of

LINGER_S = 1.0
"""How long what a refused caller still sends is thrown away: it can read the answer before the connection ends."""


class Budget:
    """The bytes that all bodies together may take."""

    def __init__(self, total: int, gauge: Gauge) -> None:
        self._total = total
        self._gauge = gauge
        self.used = 0

    def take(self, size: int) -> None:
        """Count bytes that arrived; raises `Overloaded`."""
        if self.used + size > self._total:
            raise Overloaded("The bodies of all requests together are too large at the moment.")
        self._add(size)

    def give_back(self, size: int) -> None:
        """Count bytes that are gone."""
        self._add(-size)

    def _add(self, size: int) -> None:
        self.used += size
        self._gauge.set(self.used)


@dataclass(frozen=True)
class Allowance:
    """What one body may take, and of what."""

    limit: int
    """In bytes."""
    budget: Budget


Allow = Callable[[str, str, Role | None], Allowance]
"""By a request's path, its body's content type, and the caller's role."""


@dataclass(frozen=True)
class Pace:
    """How fast a body has to arrive: the gateway waits for it `grace_s` seconds, and one more for each so many bytes.

    Only waiting counts: a gateway that is slow to take a body doesn't blame the caller.
    """

    grace_s: float
    bytes_per_s: int

    def patience_s(self, counted: int) -> float:
        """Seconds of waiting in all, once so many bytes have arrived."""
        return self.grace_s + counted / self.bytes_per_s


class BodyGuard:
    """ASGI middleware: the reader of a body gets `BodyTooLarge` or `Overloaded` in place of one byte too many.

    It gets `BodyLate` where the body arrives too slowly.

    A body that announces its size is refused before any of it is read. Where the answer goes out before the body has
    arrived, the connection ends with it, after a moment in which the rest is thrown away.
    """

    def __init__(self, app: ASGIApp, *, allow: Allow, pace: Pace) -> None:
        self._app = app
        self._allow = allow
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any kind."""
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        allowance = self._allow(scope["path"], headers.get("content-type", ""), principal_of(scope).role)
        body = _Body(receive, send, headers=headers, allowance=allowance, pace=self._pace)
        try:
            await self._app(scope, body.receive, body.send)
        finally:
            allowance.budget.give_back(body.counted)


async def answer_early(response: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the answer to a request whose body nobody will read, so that the caller can read the answer."""
    is_complete = not _has_body(Headers(scope=scope))
    await response(scope, receive, _Exchange(receive, send, is_complete).send)


@dataclass
class _Exchange:
    """A body whose end is watched, and the answer on its way out."""

    source: Receive
    sink: Send
    is_complete: bool = False

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on."""
        if self.is_complete:
            await self.sink(message)
        elif message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
            await self.sink(message)
        elif message.get("more_body", False):
            await self.sink(message)
        else:
            await self._send_last(message)

    async def _send_last(self, message: Message) -> None:
        await self.sink({**message, "more_body": True})
        await self._linger()
        await self.sink({"type": "http.response.body", "body": b"", "more_body": False})

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(LINGER_S):
                while not self.is_complete:
                    self._note_end(await self.source())
        except TimeoutError:
            return

    def _note_end(self, message: Message) -> None:
        self.is_complete |= message["type"] != "http.request" or not message.get("more_body", False)


@dataclass(kw_only=True)
class _Body(_Exchange):
    """A body on its way in."""

    headers: Headers
    allowance: Allowance
    pace: Pace
    counted: int = 0
    waited_s: float = 0.0

    async def receive(self) -> Message:
        """The next message; raises `BodyTooLarge`, `BodyLate` or `Overloaded`."""
        self._check(_announced(self.headers))
        message = await (self.source() if self.is_complete else self._in_time())
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")))
        self._note_end(message)
        return message

    async def _in_time(self) -> Message:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(self.pace.patience_s(self.counted) - self.waited_s):
                return await self.source()
        except TimeoutError:
            raise BodyLate("The request's body arrives too slowly.") from None
        finally:
            self.waited_s += clock() - began

    def _count(self, size: int) -> None:
        self._check(self.counted + size)
        self.allowance.budget.take(size)
        self.counted += size

    def _check(self, size: int) -> None:
        limit = self.allowance.limit
        if size > limit:
            raise BodyTooLarge(f"The request's body is larger than {limit:,} bytes.")


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or _announced(headers) > 0


def _announced(headers: Headers) -> int:
    value = headers.get("content-length", "0")
    return int(value) if value.isdecimal() else 0
