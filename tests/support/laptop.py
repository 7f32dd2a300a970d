"""`trireme serve` as a user starts it, in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from modelserver import shm
from tests.support.ports import free_ports

PORTS = ("GATEWAY_PORT", "MODELSERVER_HTTP_PORT", "MODELSERVER_GRPC_PORT", "MODELSERVER_METRICS_PORT")


@dataclass
class Laptop:
    """A running `trireme serve`, in a folder of its own."""

    folder: Path
    environment: dict[str, str]
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['GATEWAY_PORT']}"

    @property
    def repository(self) -> Path:
        return self.folder / "model_repository"

    def launch(self) -> None:
        """Start it, for the first time or again; its logs go on."""
        command = [sys.executable, "-m", "trireme", "serve", *self.arguments]
        with self.log("out").open("a") as out, self.log("err").open("a") as err:
            self.process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=out, stderr=err)

    def wait_ready(self, seconds: float = 180) -> None:
        """Wait until every served model answers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output()
            try:
                if httpx.get(f"{self.url}/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"it didn't become ready: {self.output()}")

    def wait(self, seconds: float = 90) -> tuple[str, str]:
        """Wait for the end; gives standard output and standard error."""
        self.process.wait(seconds)
        return self.output()

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[str, str]:
        """Send a signal and wait for the end; gives standard output and standard error."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def output(self) -> tuple[str, str]:
        """Standard output and standard error so far."""
        return self.log("out").read_text(), self.log("err").read_text()

    def log(self, name: str) -> Path:
        """A file beside the folder: a pipe that nobody reads would stop the server."""
        return self.folder / f"{self.environment['GATEWAY_PORT']}-{name}.log"

    def family(self) -> list[psutil.Process]:
        """The process and all its descendants."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


def environment(**changes: str) -> dict[str, str]:
    """The environment of a user with free ports and no settings but `changes`."""
    ours = ("TRIREME_", "GATEWAY_", "MODELSERVER_", "TRAINING_")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    ports = {name: str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    return {**plain, **ports, **changes}


def start(folder: Path, *arguments: str, **changes: str) -> Laptop:
    """Start `trireme serve` in `folder`; the caller ends it."""
    laptop = Laptop(folder, environment(**changes), arguments)
    laptop.launch()
    return laptop


@contextmanager
def started(folder: Path, *arguments: str, **changes: str) -> Iterator[Laptop]:
    """A `trireme serve` that may not be ready yet, stopped at the end."""
    laptop = start(folder, *arguments, **changes)
    try:
        yield laptop
    finally:
        laptop.stop()


@contextmanager
def running(folder: Path, *arguments: str, **changes: str) -> Iterator[Laptop]:
    """A ready `trireme serve`, stopped at the end."""
    with started(folder, *arguments, **changes) as laptop:
        laptop.wait_ready()
        yield laptop


def shared_memory(family: Sequence[psutil.Process]) -> set[str]:
    """Segments in /dev/shm of Tritons in the family: names tell whose they are (`modelserver.shm`), even afterwards."""
    pids = {str(process.pid) for process in family}
    return {path.name for path in shm.FOLDER.iterdir() if [*path.name.split("-"), "", ""][2] in pids}
