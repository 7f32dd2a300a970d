"""The supervisor: a Triton that holds what `served.json` lists, whatever happens to it."""

import logging
import threading
import time
from types import TracebackType
from typing import Self

from contract.errors import StateInvalid
from contract.names import ModelVersion
from contract.served import Served
from contract.target import Target, read_target
from modelserver.backoff import Backoff
from modelserver.client import Client
from modelserver.command import Ports
from modelserver.crew import Crew
from modelserver.errors import ModelServerError, ServerFailed, ServerUnready
from modelserver.host import Host
from modelserver.launcher import SECURITY_FLOOR, Launcher
from modelserver.process import ServerProcess
from modelserver.settings import ModelServerSettings
from modelserver.status import State, VersionStatus

log = logging.getLogger(__name__)

POLL_S = 0.05


class Supervisor:
    """Runs in threads of its own between `start` and `stop`; or use it as a context manager.

    It follows `served.json`, checks each version by a real inference, loads anew what doesn't answer, and starts the
    server anew when it dies. Nothing of it outlives this process, even when that is killed.
    """

    def __init__(self, settings: ModelServerSettings, target: Target | None = None) -> None:
        self._settings = settings
        self._target = target or read_target()
        self._ports = Ports(settings.http_port, settings.grpc_port, settings.metrics_port)
        self._launcher = Launcher(settings, settings.repository, self._target)
        self._backoff = Backoff(settings.backoff_s, settings.backoff_max_s)
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._crew: Crew | None = None
        self._wanted: set[ModelVersion] = set()
        self._complaint: str | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def grpc_address(self) -> str:
        """Host and port of the server's gRPC API."""
        return self._ports.grpc_address

    def start(self) -> None:
        """Start the server and begin to load; returns when the server itself answers.

        Raises what `Launcher.launch` raises, and `StateInvalid` for an unreadable list.
        """
        if self._thread is not None:
            raise ServerFailed("This supervisor was started before.")
        self._wanted = Served.read(self._settings.served).names()
        self._make_repository()
        server = self._launcher.launch(self._ports)
        log.info(
            "Triton listens on loopback only (gRPC on %s): its release is older than the security floor, %s",
            self._ports.grpc_address,
            SECURITY_FLOOR,
        )
        self._thread = threading.Thread(target=self._run, args=(server,), name="model-server", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the server; returns when no process and no shared memory of it is left. May be called twice."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def status(self) -> dict[ModelVersion, VersionStatus]:
        """The state of every version that is served or on its way."""
        waiting = {name: VersionStatus(State.LOADING, "the server is starting") for name in self._wanted}
        crew = self._crew
        return waiting | crew.statuses() if crew is not None else waiting

    def is_ready(self, name: ModelVersion) -> bool:
        """Whether a version answers."""
        status = self.status().get(name)
        return status is not None and status.state is State.READY

    def wait_ready(self, timeout: float) -> None:
        """Wait until every version that `served.json` lists now answers.

        Raises `ServerUnready` as soon as each has answered or failed and one failed, or after `timeout` seconds; the
        supervisor goes on trying.
        """
        names = Served.read(self._settings.served).names()
        deadline = time.monotonic() + timeout
        while True:
            statuses = {name: self.status().get(name, VersionStatus(State.LOADING)) for name in names}
            states = {status.state for status in statuses.values()}
            if states <= {State.READY}:
                return
            if State.LOADING not in states or time.monotonic() > deadline:
                raise ServerUnready(_complaint(statuses, timeout))
            time.sleep(POLL_S)

    def _run(self, first: ServerProcess) -> None:
        server: ServerProcess | None = first
        while server is not None:
            hurry = True
            try:
                hurry = self._tend(server)
            finally:
                server.stop(hurry=hurry)
            server = self._launch_again()

    def _tend(self, server: ServerProcess) -> bool:
        """Look after a server until it ends, hangs, or is to stop; returns whether it would end slowly, in vain."""
        began = time.monotonic()
        with Client(server.ports.grpc_address) as client:
            host = Host(client, server.guardian_pid, self._settings, self._target)
            crew = Crew(host, self._settings)
            self._crew = crew
            try:
                is_well = self._follow(server, client, crew)
            finally:
                self._crew = None
                crew.dismiss()
        if time.monotonic() - began > self._settings.backoff_max_s:
            self._backoff.reset()
        return host.is_tainted or not is_well

    def _follow(self, server: ServerProcess, client: Client, crew: Crew) -> bool:
        """Returns True when it is to stop, False when the server ended or hangs."""
        misses = 0
        while server.is_alive() and misses < self._settings.health_misses:
            self._wanted = self._read_wanted()
            crew.follow(self._wanted)
            if self._ending.wait(self._settings.poll_interval_s):
                return True
            misses = 0 if client.is_live() else misses + 1
        log.error("Triton %s; it is started again", "hangs" if server.is_alive() else "ended unexpectedly")
        return False

    def _launch_again(self) -> ServerProcess | None:
        """A new server, after a pause that grows from one failure to the next; None when it is to stop."""
        while not self._ending.wait(self._backoff.pause()):
            try:
                return self._launcher.launch(self._ports, stopping=self._ending)
            except (ModelServerError, OSError) as error:
                log.warning("Triton can't be started again yet: %s", error)
        return None

    def _read_wanted(self) -> set[ModelVersion]:
        """What `served.json` lists; what it listed before where it can't be read, which is said once."""
        try:
            wanted = Served.read(self._settings.served).names()
            self._complaint = None
        except (StateInvalid, OSError) as error:
            if self._complaint != str(error):
                self._complaint = str(error)
                log.warning("the list of served versions can't be read; the last one stays: %s", error)
            return self._wanted
        return wanted

    def _make_repository(self) -> None:
        try:
            self._settings.repository.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ServerFailed("The folder of the model repository can't be made.") from error


def _complaint(statuses: dict[ModelVersion, VersionStatus], timeout: float) -> str:
    failed = {name: status for name, status in statuses.items() if status.state is State.FAILED}
    if failed:
        return "; ".join(f"{name} can't be served: {status.reason}" for name, status in sorted(failed.items()))
    loading = sorted(name for name, status in statuses.items() if status.state is State.LOADING)
    return f"{', '.join(map(str, loading))} did not become ready within {timeout:g} s."
