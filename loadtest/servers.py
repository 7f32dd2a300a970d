"""The servers under load: those that run already, else started for the measurement through their command lines."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import httpx

from loadtest.errors import ServerMissing

POLL_S = 0.2
STOP_S = 30.0


@contextlib.contextmanager
def gateway(url: str, *, timeout_s: float) -> Iterator[None]:
    """The gateway at `url`; `trireme serve` is started where none answers. Raises `ServerMissing`."""
    if is_ready(url):
        yield
        return
    with _started(["trireme", "serve", "--log-level", "warning"], {}, url, timeout_s):
        yield


@contextlib.contextmanager
def decoding_only(*, timeout_s: float) -> Iterator[str]:
    """A gateway without a model server, on a free port; gives its URL. Raises `ServerMissing`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with _started(
        ["gateway.benchmark_decode"],
        {"GATEWAY_PORT": str(port), "GATEWAY_AUTH": "off", "GATEWAY_LOG": "off"},
        url,
        timeout_s,
    ):
        yield url


@dataclass(frozen=True)
class OwnGateway:
    """A gateway that was started for a measurement."""

    url: str
    pid: int


@contextlib.contextmanager
def own_gateway(settings: dict[str, str], *, timeout_s: float) -> Iterator[OwnGateway]:
    """A gateway alone with these settings, on a free port. Raises `ServerMissing`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with _started(["gateway"], {**settings, "GATEWAY_PORT": str(port)}, url, timeout_s) as pid:
        yield OwnGateway(url, pid)


def is_ready(url: str) -> bool:
    """Whether a gateway answers there, and all its models do."""
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health/ready", timeout=5.0, trust_env=False).is_success
    return False


@contextlib.contextmanager
def _started(module: list[str], environment: dict[str, str], url: str, timeout_s: float) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-m", *module], env={**os.environ, **environment}) as process:
        try:
            wait_ready(process, module[0], url, timeout_s)
            yield process.pid
        finally:
            stop(process)


def wait_ready(process: "subprocess.Popen[bytes]", name: str, url: str, timeout_s: float) -> None:
    """Wait until a gateway answers at `url`, by itself or through what was started; raises `ServerMissing`."""
    deadline = time.monotonic() + timeout_s
    while not is_ready(url):
        if process.poll() is not None:
            raise ServerMissing(f"{name} ended before it was ready.")
        if time.monotonic() > deadline:
            raise ServerMissing(f"{name} was not ready within {timeout_s:g} s.")
        time.sleep(POLL_S)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process, and wait for it."""
    # Not SIGINT: Python may swallow it while it starts.
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()


def tied(command: Sequence[str]) -> Sequence[str]:
    """A command that is asked to end when who started it is gone, even by SIGKILL, where util-linux is installed."""
    return ["setpriv", "--pdeathsig", "TERM", *command] if shutil.which("setpriv") else command


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
