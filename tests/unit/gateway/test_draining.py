"""A gateway that is asked to stop: unready at once, and whoever is being answered gets the whole answer."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract.card import VersionCard
from contract.errors import SettingsInvalid
from gateway.app import create_app
from gateway.inference import Pixels, Probabilities
from gateway.server import GatewayServer, run, server_config
from tests.support.wire import answer, connected, ended, head, sized
from tests.unit.gateway.rig import PREDICT, RedServer, eventually, opened, png, settings

READY = head("/health/ready", method="GET")
SERVER_READY = head("/v2/health/ready", method="GET")
LIVE = head("/health/live", method="GET")
PICTURE = sized(PREDICT, png((3, 0, 0)))


class GatedServer(RedServer):
    """Answers once the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()

    async def infer(self, card: VersionCard, pictures: Sequence[Pixels], timeout_s: float, /) -> Probabilities:
        answer = await super().infer(card, pictures, timeout_s)
        await asyncio.to_thread(self.gate.wait, 20)
        return answer


class Running:
    """A server in a thread that can be asked to stop."""

    def __init__(self, repository: Path, **changes: Any) -> None:
        self.models = GatedServer()
        given = settings(repository, **changes)
        self.app = create_app(given, open_model_server=opened(self.models))
        self.server = GatewayServer(server_config(self.app, given))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]})

    def stop(self) -> None:
        """What SIGTERM does in the main thread."""
        self.server.should_exit = True

    def drains(self) -> object:
        return self.app.state.drain.has_begun


@contextmanager
def running(repository: Path, **changes: Any) -> Iterator[Running]:
    gateway = Running(repository, **changes)
    gateway.thread.start()
    try:
        eventually(lambda: gateway.server.started)
        yield gateway
    finally:
        gateway.server.should_exit = gateway.server.force_exit = True
        gateway.thread.join()


def asked(connection: socket.socket, request: bytes) -> tuple[int, dict[str, str], bytes]:
    connection.sendall(request)
    return answer(connection)


def test_while_it_drains_it_is_unready_and_answers_each_connection_one_more_time(repository: Path) -> None:
    with running(repository, drain_s=60) as gateway, connected(gateway.port) as old:
        assert asked(old, READY)[0] == 200
        gateway.stop()
        eventually(gateway.drains)
        status, headers, body = asked(old, READY)
        assert (status, json.loads(body)["status"], headers["connection"]) == (503, "draining", "close")
        assert ended(old)
        with connected(gateway.port) as new:
            status, _, body = asked(new, SERVER_READY)
            assert (status, json.loads(body)["code"]) == (503, "not-ready")
        with connected(gateway.port) as new:
            status, headers, _ = asked(new, PICTURE)
            assert (status, headers["connection"]) == (200, "close")


@pytest.mark.parametrize("drain_s", [0, 0.3])
def test_a_request_in_work_is_answered_and_then_everything_ends(repository: Path, drain_s: float) -> None:
    with running(repository, drain_s=drain_s) as gateway, connected(gateway.port) as connection:
        gateway.models.gate.clear()
        connection.sendall(PICTURE)
        eventually(lambda: gateway.models.sizes)
        gateway.stop()
        eventually(gateway.drains)
        gateway.models.gate.set()
        status, headers, _ = answer(connection)
        assert (status, headers["connection"]) == (200, "close")
        assert ended(connection)
        gateway.thread.join()


def test_a_request_on_its_way_over_a_new_connection_is_answered(repository: Path) -> None:
    with running(repository) as gateway, connected(gateway.port) as connection:
        eventually(lambda: gateway.server.server_state.connections)
        connection.sendall(LIVE[:5])
        gateway.stop()
        eventually(lambda: not gateway.server.servers[0].is_serving())
        assert asked(connection, LIVE[5:])[0] == 200


def test_an_idle_connection_does_not_hold_the_end_up(repository: Path) -> None:
    with running(repository, shutdown_timeout_s=3600) as gateway, connected(gateway.port) as used:
        assert asked(used, LIVE)[0] == 200
        with connected(gateway.port) as unused:
            eventually(lambda: len(gateway.server.server_state.connections) == 2)
            gateway.stop()
            assert ended(used)
            assert ended(unused)
            gateway.thread.join()


def test_a_socket_that_is_none_is_a_wrong_setting(repository: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        number = closed.fileno()
    given = settings(repository, socket_fd=number)
    with pytest.raises(SettingsInvalid, match="GATEWAY_SOCKET_FD"):
        run(create_app(given), given)
