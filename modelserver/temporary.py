"""A server for a while, over any repository folder: for gates and for tests."""

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray
from tritonclient.grpc import model_config_pb2

from contract.names import ModelVersion
from contract.target import Target
from modelserver.client import Client
from modelserver.errors import CallFailed, LoadFailed, PathUnsafe, PortTaken
from modelserver.launcher import Launcher
from modelserver.ports import find_free
from modelserver.process import ServerProcess
from modelserver.settings import ModelServerSettings

TRIES = 3

_SAFE_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


class TemporaryServer:
    """A context manager: a Triton of its own on free ports of 127.0.0.1, with the named models loaded.

        with TemporaryServer(repository, [ModelVersion("cifar10", 3)]) as server:
            answers = server.infer("cifar10-v3", {"image": pictures}, ["probabilities"])

    Entering raises `LoadFailed` with Triton's reason where a model doesn't load, and what `Launcher.launch` raises;
    leaving ends the server. Nothing is checked against cards: the models need none yet. With a `target`, models that
    have a configuration for that kind of machine are loaded with it.
    """

    grpc_address: str
    """Host and port of the gRPC API."""
    version: str
    """The server's version, such as 2.51.0."""

    def __init__(
        self,
        repository: Path,
        names: Sequence[str | ModelVersion],
        *,
        settings: ModelServerSettings | None = None,
        target: Target | None = None,
    ) -> None:
        self._repository = repository
        self._names = [str(name) for name in names]
        self._settings = settings or ModelServerSettings()
        self._target = target
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            server = self._launch()
            stack.callback(server.stop)
            self.process = server
            self.grpc_address = server.ports.grpc_address
            self._client = stack.enter_context(Client(self.grpc_address))
            self.version = self._client.server_version()
            for name in self._names:
                self.load(name)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def load(self, name: str) -> None:
        """Load one more model; raises `LoadFailed` with Triton's reason, or `PathUnsafe`."""
        if not _SAFE_NAME.fullmatch(name):
            raise PathUnsafe(f"{name!r} is not a name that Triton's shell can take.")
        try:
            self._client.load(name, self._settings.load_timeout_s)
        except CallFailed as error:
            raise LoadFailed(error.detail) from error

    def config(self, name: str | ModelVersion) -> model_config_pb2.ModelConfig:
        """The configuration under which a loaded model runs; raises `CallFailed`."""
        return self._client.config(str(name), self._settings.health_timeout_s)

    def infer(
        self,
        name: str | ModelVersion,
        inputs: Mapping[str, NDArray[Any]],
        outputs: Sequence[str] = (),
        *,
        timeout: float | None = None,
    ) -> dict[str, NDArray[Any]]:
        """Send one request (a batch by the tensors' first axis); returns the outputs asked for, or all.

        Raises `CallFailed` with Triton's reason, also after `timeout` seconds.
        """
        return self._client.infer(str(name), inputs, outputs, timeout)

    def _launch(self) -> ServerProcess:
        launcher = Launcher(self._settings, self._repository, self._target)
        for _ in range(TRIES - 1):
            try:
                return launcher.launch(find_free())
            except PortTaken:
                # Someone was faster between our look and Triton's.
                continue
        return launcher.launch(find_free())
