"""The gateway of a laptop; importing it loads all that the gateway needs, which takes seconds."""

from collections.abc import Callable
from socket import socket

from gateway.app import create_app
from gateway.server import GatewayServer, server_config
from gateway.settings import GatewaySettings
from trireme.serve.rollout import Rollout


class Gateway(GatewayServer):
    """The gateway's server, which tells when it listens."""

    def __init__(self, settings: GatewaySettings, world: Rollout, announce: Callable[[], None]) -> None:
        super().__init__(server_config(create_app(settings, world=world), settings))
        self._announce = announce

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start listening, then announce; where the start fails, there is nothing to announce."""
        await super().startup(sockets)
        if self.started:
            self._announce()
