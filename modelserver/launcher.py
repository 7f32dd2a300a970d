"""Starting a server: everything that can be wrong is looked at first, and said in one sentence."""

import logging
import threading
from pathlib import Path

from contract.target import Target
from modelserver import shm
from modelserver.client import Client
from modelserver.command import Ports, arguments
from modelserver.errors import ServerFailed
from modelserver.installation import Installation
from modelserver.layout import lay_out
from modelserver.ports import check_free
from modelserver.process import ServerProcess
from modelserver.settings import ModelServerSettings

log = logging.getLogger(__name__)

SECURITY_FLOOR = "26.06"
"""The oldest official release of Triton that has the security fixes known to us."""


class Launcher:
    """Starts servers over one repository folder.

    With a `target`, versions that were tuned for that kind of machine run their tuned engine; without one all run what
    their `config.pbtxt` says.
    """

    def __init__(self, settings: ModelServerSettings, repository: Path, target: Target | None = None) -> None:
        self._settings = settings
        self._repository = repository.absolute()
        self._config_name = target.name if target is not None else None

    def launch(self, ports: Ports, *, stopping: threading.Event | None = None) -> ServerProcess:
        """Start a server and wait until it answers; it holds no model yet.

        Raises `ServerMissing`, `LayoutFailed`, `PathUnsafe`, `SharedMemoryTooSmall`, `PortTaken` or `ServerFailed`;
        nothing is left running then.
        """
        installation = Installation.find()
        backends = lay_out(installation, self._settings.cache_dir)
        self._check_machine(ports)
        server = self._start(installation, backends, ports)
        try:
            with Client(ports.grpc_address) as client:
                server.wait_live(client, self._settings.start_timeout_s, stopping=stopping)
                log.debug("Triton %s answers on %s", client.server_version(), ports.grpc_address)
        except BaseException:
            server.stop()
            raise
        return server

    def _check_machine(self, ports: Ports) -> None:
        if not self._repository.is_dir():
            raise ServerFailed(f"The model repository {self._repository.name!r} is not a folder.")
        swept = shm.sweep_dead()
        if swept:
            log.info("removed %d shared-memory segment(s) of servers that were killed", swept)
        shm.check_room(self._settings.shm_mib)
        check_free(ports, self._settings.port_timeout_s)

    def _start(self, installation: Installation, backends: Path, ports: Ports) -> ServerProcess:
        settings = self._settings
        command = arguments(
            installation.binary,
            backends,
            ports,
            http_threads=settings.http_threads,
            stop_timeout_s=settings.stop_timeout_s,
            config_name=self._config_name,
            otlp_endpoint=settings.otlp_endpoint,
        )
        return ServerProcess.start(
            command,
            folder=self._repository,
            environment=installation.environment(),
            ports=ports,
            log_level=settings.log_level,
            stop_timeout_s=settings.stop_timeout_s,
        )
