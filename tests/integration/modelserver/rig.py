"""A repository, its list of served versions, and settings for a supervisor: real parts, short intervals."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from contract.digests import folder_digests
from contract.names import ModelVersion, parse_triton_name
from contract.repository import CARD
from contract.served import Served, ServedModel
from modelserver.client import Client
from modelserver.ports import find_free
from modelserver.settings import ModelServerSettings
from modelserver.shm import FOLDER
from modelserver.status import State
from modelserver.supervisor import Supervisor
from tests.support.versions import CIFAR10, make_card, make_version

PATIENCE_S = 60.0

PICTURES = np.random.default_rng(7).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
SHORT = {
    "poll_interval_s": 0.05,
    "health_interval_s": 0.2,
    "backoff_s": 0.1,
    "backoff_max_s": 1.0,
    # Triton alone takes two seconds to end properly, which `python -m modelserver` is given in its tests.
    "stop_timeout_s": 0.3,
}
"""Settings that keep the tests short."""


class Rig:
    """Everything that a test of the supervisor needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository = folder / "repository"
        self.served = folder / "served.json"
        self.settings = self.with_ports()

    def with_ports(self, **changes: Any) -> ModelServerSettings:
        ports = find_free()
        given = {"http_port": ports.http, "grpc_port": ports.grpc, "metrics_port": ports.metrics}
        return ModelServerSettings(
            _env_file=None, repository=self.repository, served=self.served, **(SHORT | given | changes)
        )

    def version(self, version: int = 1, model: str = "tiny", backend: str = "onnxruntime") -> ModelVersion:
        return make_version(self.repository, model, version, backend=backend)

    def serve(self, **models: tuple[int, ...]) -> None:
        Served(
            models={name: ServedModel(stable=versions[-1], versions=versions) for name, versions in models.items()}
        ).write(self.served)

    def answer(self, name: ModelVersion, pictures: NDArray[np.uint8] = PICTURES) -> NDArray[Any]:
        with Client(f"127.0.0.1:{self.settings.grpc_port}") as client:
            return client.infer(str(name), {"image": pictures}, ["probabilities"], timeout=5)["probabilities"]

    def loaded(self, name: ModelVersion) -> bool:
        with Client(f"127.0.0.1:{self.settings.grpc_port}") as client:
            return client.entry(str(name), timeout=5).state == "READY"


def eventually(condition: Callable[[], bool], timeout: float = PATIENCE_S, what: str = "it") -> float:
    """Wait until the condition holds; returns the seconds that it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < timeout, f"{what} did not happen within {timeout} s"
        time.sleep(0.02)
    return time.monotonic() - began


def is_ready(supervisor: Supervisor, name: ModelVersion) -> bool:
    status = supervisor.status().get(name)
    return status is not None and status.state is State.READY


def family(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def named(processes: list[psutil.Process], name: str) -> list[psutil.Process]:
    return [process for process in processes if name in " ".join(process.cmdline()[:1])]


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if _is_alive(process)]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def segments(pid: int) -> list[str]:
    """Names of the shared-memory segments of the tritonserver `pid`."""
    return [path.name for path in FOLDER.iterdir() if f"-{pid}-" in path.name and path.name.startswith("trireme-")]


def guardian(parent: int | None = None) -> int:
    """PID of the guardian of a process' server, this process' where none is given."""
    children = psutil.Process(parent).children()
    return next(process.pid for process in children if "modelserver.guardian" in _command(process))


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # a zombie that another test left has none
        return []


def triton(parent: int | None = None) -> psutil.Process:
    """The tritonserver of a process."""
    return named(family(guardian(parent)), "tritonserver")[0]


def stub(parent: int | None = None) -> psutil.Process:
    """The only stub of a process' server."""
    (found,) = named(family(guardian(parent)), "triton_python_backend_stub")
    return found


def card_anew(folder: Path) -> None:
    """Make the card fit what the folder holds now."""
    (folder / CARD).unlink()
    name = parse_triton_name(folder.name)
    assert name is not None
    card = make_card(name, CIFAR10, "onnxruntime", folder_digests(folder))
    (folder / CARD).write_text(card.model_dump_json())
