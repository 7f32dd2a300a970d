"""One replica on this machine: a `trireme serve` with a Triton and a gateway of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from loadtest.errors import ServerMissing
from loadtest.experiment.targets.quota import Limit
from loadtest.processor import family
from loadtest.servers import free_port, is_ready, stop, tied

COMMAND = (sys.executable, "-m", "trireme", "serve", "--log-level", "warning")


class Replica:
    """It starts when it is made, unlimited: what it computes while it starts isn't what is measured."""

    def __init__(self, folder: Path, repository: Path, limit: Limit, settings: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._limit = limit
        self._log = folder / "replica.log"
        self.port = free_port()
        environment = {**os.environ, **_settings(folder, repository, self.port), **settings}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                tied(COMMAND), env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )

    @property
    def url(self) -> str:
        """Of its gateway."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of its first process."""
        return self._process.pid

    def is_ready(self) -> bool:
        """Whether its model answers; raises `ServerMissing` where it has ended."""
        if self._process.poll() is not None:
            lines = self._log.read_text(errors="replace").splitlines()
            raise ServerMissing(f"A replica ended before it was ready; it last wrote: {' '.join(lines[-2:])}")
        return is_ready(self.url)

    def hold(self) -> None:
        """Hold it to its share from now on."""
        held: set[int] = set()
        # What is started while processes are moved is moved the next time.
        while new := {one.pid for one in family([self.pid])} - held:
            self._limit.hold(new)
            held |= new

    def memory_bytes(self) -> float:
        """Memory that its processes hold; what they share counts for each."""
        return sum(map(_resident, family([self.pid])))

    def stop(self) -> None:
        """End it, and its limit."""
        stop(self._process)
        self._limit.close()


def _resident(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0.0


def _settings(folder: Path, repository: Path, port: int) -> dict[str, str]:
    return {
        "TRIREME_STATE_DIR": str(folder / "state"),
        "TRIREME_REPOSITORY": str(repository),
        "GATEWAY_PORT": str(port),
        "GATEWAY_AUTH": "off",
        # All users are one caller.
        "GATEWAY_RATE_LIMITS": json.dumps([]),
        "GATEWAY_ACCESS_LOG": "false",
        "MODELSERVER_HTTP_PORT": str(free_port()),
        "MODELSERVER_GRPC_PORT": str(free_port()),
        "MODELSERVER_METRICS_PORT": str(free_port()),
    }
