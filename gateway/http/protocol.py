"""The HTTP protocol of one connection: uvicorn's, with limits where it has none.

uvicorn bounds neither the time nor the size of a head, takes as many connections and pipelined requests as come, and
answers malformed requests in plain text.
"""

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from gateway.body_guard import LINGER_S
from gateway.errors import GatewayError
from gateway.http.connections import network_of_peer
from gateway.http.errors import HeadLate, HttpMalformed, TooManyConnections
from gateway.http.guard import ServerConfig
from gateway.http.head import Head, check_head
from gateway.http.refusal import refusal

LAST_CHANCE_S = 1.0
"""How long a gateway that stops waits for the request of a connection that has just been opened."""


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: ServerConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # Its lines hold addresses and queries; whether it writes any hangs on how others set up their logs.
        self.access_log = False
        self._guard = config.guard
        limits = config.guard.settings
        self._head = Head(max_bytes=limits.max_head_bytes, max_headers=limits.max_headers)
        self._head_timer: asyncio.TimerHandle | None = None
        self._working: RequestResponseCycle | None = None
        self._fault: GatewayError | None = None
        self._is_counted = False
        self._is_over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Count the connection, and wait for its first head."""
        super().connection_made(transport)
        self._network = network_of_peer(self.client)
        self._is_counted = self._guard.connections.enter(self._network)
        if self._is_counted:
            self._await_head()
        else:
            self._is_over = True
            self._write_refusal(TooManyConnections())
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended: whoever works for it learns that."""
        super().connection_lost(exc)
        self._stop_timer()
        self._unset_keepalive_if_required()
        # uvicorn tells the last request of a pipeline alone.
        if self._working is not None and not self._working.response_complete:
            self._working.disconnected = True
            self._working.message_event.set()
        self.pipeline.clear()
        if self._is_counted:
            self._guard.connections.leave(self._network)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived; what is malformed or too much is refused."""
        if self._is_over:
            return
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserUpgrade:
            # No other protocol is spoken here; what follows isn't HTTP, and the answer says that it is the last.
            self._is_over = True
        except (httptools.HttpParserError, GatewayError) as error:
            self._refuse(self._fault or (error if isinstance(error, GatewayError) else HttpMalformed()))
        else:
            if self._head_timer is None and self._head.is_open and self._head.has_begun:
                self._await_head()

    def shutdown(self) -> None:
        """The server stops: the answer in work is the last; a request that is on its way gets a moment."""
        is_fresh = self._head.number == 1
        if self._is_busy() or not (is_fresh or self._head.has_begun):
            super().shutdown()
        else:
            self._stop_timer()
            self._head_timer = self.loop.call_later(LAST_CHANCE_S, self.transport.close)

    def drain(self) -> None:
        """The gateway was asked to stop: the answer in work is the last."""
        if self._is_busy():
            self.cycle.keep_alive = False

    def on_url(self, url: bytes) -> None:
        """Called by the parser with a piece of the address."""
        self._tell(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser with a header; or with a trailer, which uvicorn would put among the headers."""
        self._tell(len(name) + len(value), headers=1)
        if self._head.is_open:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Called by the parser at the end of a head: a request begins."""
        self._check_head()
        self._head.end()
        self._stop_timer()
        super().on_headers_complete()
        if self._guard.drain.has_begun or self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Called by the parser at the end of a request."""
        super().on_message_complete()
        self._head.next()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._working = cycle
        super()._start_asgi_task(cycle, app)

    def _feed(self, data: bytes) -> None:
        number = self._head.number
        self.parser.feed_data(data)
        if self._head.is_open and self._head.number == number:
            self._head.give(len(data))

    def _tell(self, size: int, *, headers: int = 0) -> None:
        try:
            self._head.tell(size, headers=headers)
        except GatewayError as error:
            # The parser, through which this goes, forgets what it was.
            self._fault = error
            raise

    def _check_head(self) -> None:
        try:
            check_head(self.headers, self.parser.get_http_version())
            if len(self.pipeline) >= self._guard.settings.max_pipelined:
                raise HttpMalformed("Too many requests were sent ahead of the answers.")
        except GatewayError as error:
            self._fault = error
            raise

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._guard.settings.head_timeout_s, self._on_head_late)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _on_head_late(self) -> None:
        self._head_timer = None
        if self.flow.read_paused:
            # The rest may lie in the system's buffer: it is we who don't read.
            self._await_head()
        elif self._head.has_begun:
            self._refuse(HeadLate())
        else:
            self.transport.close()

    def _is_busy(self) -> bool:
        return self._working is not None and not self._working.response_complete

    def _refuse(self, error: GatewayError) -> None:
        """End the connection: at once, or after the answers to the requests before."""
        self._is_over = True
        self._stop_timer()
        if not self._is_busy():
            self._answer_and_close(error)
        elif self.cycle.more_body:
            self._refuse_body(error)
        else:
            self.cycle.keep_alive = False

    def _refuse_body(self, error: GatewayError) -> None:
        """A body breaks off: its request is answered here, unless it waits behind others or its answer has begun."""
        if self.pipeline:
            self.pipeline.popleft()
            last = self.pipeline[0][0] if self.pipeline else self._working
            assert last is not None  # noqa: S101 - the connection is busy
            last.keep_alive = False
        elif self.cycle.response_started:
            self.transport.close()
        else:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._answer_and_close(error)

    def _answer_and_close(self, error: GatewayError) -> None:
        self._write_refusal(error)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        # Closed at once, with bytes unread, the system would take the answer back.
        self._head_timer = self.loop.call_later(LINGER_S, self.transport.close)

    def _write_refusal(self, error: GatewayError) -> None:
        self._guard.count_refusal(error.code)
        self.transport.write(refusal(error, self._guard.identifiers))
