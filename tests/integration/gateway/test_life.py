"""Restarts under load, in which no request fails: of the gateway behind a socket, and of the model servers."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import httpx

from gateway.app import create_app
from modelserver.command import Ports
from modelserver.launcher import Launcher
from modelserver.ports import find_free
from modelserver.process import ServerProcess
from modelserver.settings import ModelServerSettings
from modelserver.temporary import TemporaryServer
from tests.integration.gateway.conftest import TINY
from tests.unit.gateway.rig import PREDICT, eventually, listening, png, settings

CALLERS = 3
PAUSE_S = 0.03
"""Between two requests, in which a connection idles: closed then, it would fail the next one."""
ENOUGH = 30
"""Answers that must come between two events."""


class Load:
    """Callers who keep their connections, ask again as soon as they are answered, and never try again."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._stop = threading.Event()
        self.answers = 0
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._call) for _ in range(CALLERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def go_on(self) -> None:
        """Wait until many more requests were answered."""
        goal = self.answers + ENOUGH
        eventually(lambda: self.answers >= goal or self.failures)

    def _call(self) -> None:
        picture = png()
        with httpx.Client(base_url=self._url, timeout=30) as http:
            while not self._stop.is_set():
                try:
                    answer = http.post(PREDICT, content=picture)
                    if answer.status_code != 200:
                        self.failures.append(answer.text)
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
                self.answers += 1
                self._stop.wait(PAUSE_S)


@contextmanager
def program(listener: socket.socket, environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`python -m gateway` on a socket that is open already."""
    given = {**os.environ, **environment, "GATEWAY_SOCKET_FD": str(listener.fileno())}
    command = [sys.executable, "-m", "gateway"]
    with (
        log.open("w") as file,
        subprocess.Popen(command, env=given, stdout=file, stderr=file, pass_fds=[listener.fileno()]) as process,
    ):
        try:
            eventually(lambda: "Listening on" in log.read_text() or process.poll() is not None, 60)
            yield process
        finally:
            process.kill()


def test_a_restart_of_the_gateway_behind_its_socket_costs_no_request(
    repository: Path, triton: TemporaryServer, tmp_path: Path
) -> None:
    environment = {
        "GATEWAY_REPOSITORY": str(repository),
        "GATEWAY_SERVED": "",
        "GATEWAY_TRITON_ADDRESSES": f'["{triton.grpc_address}"]',
        "GATEWAY_AUTH": "off",
        "GATEWAY_DATABASE": f"sqlite:///{tmp_path}/trireme.db",
        "GATEWAY_LOG_SPILL": str(tmp_path / "predictions"),
        "GATEWAY_DRAIN_S": "1",
    }
    with ExitStack() as programs:
        listener = programs.enter_context(socket.create_server(("127.0.0.1", 0)))
        old = programs.enter_context(program(listener, environment, tmp_path / "old"))
        with Load(listener.getsockname()[1]) as load:
            load.go_on()
            programs.enter_context(program(listener, environment, tmp_path / "new"))
            load.go_on()
            old.send_signal(signal.SIGTERM)
            assert old.wait(120) == 0
            load.go_on()
    assert load.failures == []
    for name in ("old", "new"):
        assert "Traceback" not in (tmp_path / name).read_text()


class Replica(TemporaryServer):
    """A Triton that can be stopped and started again at its address."""

    def __init__(self, repository: Path, ports: Ports) -> None:
        super().__init__(repository, [TINY[1]])
        self._launcher = Launcher(ModelServerSettings(), repository)
        self._ports = ports

    def _launch(self) -> ServerProcess:
        return self._launcher.launch(self._ports)


def test_model_servers_restarted_one_after_the_other_cost_no_request(repository: Path) -> None:
    ports = [find_free(), find_free()]
    addresses = tuple(each.grpc_address for each in ports)
    given = settings(repository, triton_addresses=addresses)
    with ExitStack() as stack:
        replicas = [stack.enter_context(Replica(repository, each)) for each in ports]
        load = stack.enter_context(Load(stack.enter_context(listening(create_app(given), given))))
        for replica in replicas:
            load.go_on()
            replica.__exit__(None, None, None)
            load.go_on()
            replica.__enter__()
        load.go_on()
    assert load.failures == []
