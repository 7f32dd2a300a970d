"""uvicorn, configured for the gateway."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from contract.errors import SettingsInvalid
from gateway.http.connections import Connections
from gateway.http.drain import Drain
from gateway.http.guard import Guard, ServerConfig
from gateway.http.protocol import HttpProtocol
from gateway.limits.unread import guarded
from gateway.metrics import Metrics
from gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

TICK_S = 0.1
START_FAILED = 3
"""Exit status, as uvicorn's own."""


def server_config(app: FastAPI, settings: GatewaySettings) -> ServerConfig:
    """The configuration under which a gateway's app is to run; logging is left to the caller."""
    return ServerConfig(
        app,
        guard=_guard(settings, app.state.metrics, app.state.drain),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=guarded(HttpProtocol, timeout_s=settings.write_timeout_s, min_bytes_per_s=settings.min_bytes_per_s),
        ws="none",
        lifespan="on",
        log_config=None,
        # The gateway writes its own, without addresses and queries.
        access_log=False,
        server_header=False,
        # Whose word is taken for a caller's address: see `gateway.limits.address`.
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
    )


def _guard(settings: GatewaySettings, metrics: Metrics, drain: Drain) -> Guard:
    connections = Connections(
        most=settings.max_connections,
        most_per_address=settings.max_connections_per_address,
        gauge=metrics.connections,
    )
    return Guard(settings, connections, drain, lambda code: metrics.rejected.labels(code).inc())


class GatewayServer(uvicorn.Server):
    """uvicorn's server, which drains before it stops."""

    def __init__(self, config: ServerConfig) -> None:
        super().__init__(config)
        self._guard = config.guard

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        self._guard.connections.fit_to_files()
        await super().startup(sockets)
        if sockets:
            # uvicorn tells of sockets that it opened itself.
            log.info("Listening on a socket that was open before")

    async def main_loop(self) -> None:
        """Serve until asked to stop, then go on for the time that others need to learn of it."""
        await super().main_loop()
        self._guard.drain.begin()
        for connection in list(self.server_state.connections):
            if isinstance(connection, HttpProtocol):
                connection.drain()
        await self._drained(self._guard.settings.drain_s)

    async def _drained(self, seconds: float) -> None:
        if seconds:
            log.info("Draining for %g s", seconds)
        ticks = round(seconds / TICK_S)
        # A second Ctrl-C ends the patience.
        while ticks > 0 and not self.force_exit:
            await asyncio.sleep(TICK_S)
            await self.on_tick(ticks)
            ticks -= 1


def run(app: FastAPI, settings: GatewaySettings) -> None:
    """Serve until SIGINT or SIGTERM, which end the process with status 0; a start that fails ends it with another.

    Raises `SettingsInvalid` where the socket to listen on is none.
    """
    server = GatewayServer(server_config(app, settings))
    sockets = _sockets(settings)
    with _ended_by_signals():
        server.run(sockets)
        if server.lifespan.should_exit:
            sys.exit(START_FAILED)


def _sockets(settings: GatewaySettings) -> list[socket.socket] | None:
    if settings.socket_fd is None:
        return None
    try:
        return [socket.socket(fileno=settings.socket_fd)]
    except OSError:
        raise SettingsInvalid(["GATEWAY_SOCKET_FD: It is no open socket."]) from None


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    # uvicorn handles them while it serves, and passes them on when it has stopped in good order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        yield
    except SystemExit as ending:
        if ending.code:
            raise
