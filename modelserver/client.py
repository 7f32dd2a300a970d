"""Our side of Triton's gRPC API: liveness, loading, unloading, and small inferences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferenceServerClient, InferInput, InferRequestedOutput, model_config_pb2
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from modelserver.errors import CallFailed

Tensor = NDArray[Any]
UNREACHABLE_S = 2.0

_CHANNEL = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # A server that starts is there within 0.1 s; gRPC's own first pause is a whole second.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 500),
    # In spite of its name the time that a connection may take: less is not enough where much else runs.
    ("grpc.min_reconnect_backoff_ms", 5000),
]


@dataclass(frozen=True)
class IndexEntry:
    """What the server says about a model: `READY`, `UNAVAILABLE`, `LOADING`, `UNLOADING`, or "" before all."""

    state: str
    reason: str


class Client:
    """A gRPC channel to one server; methods raise `CallFailed`."""

    def __init__(self, address: str) -> None:
        self._client = InferenceServerClient(address, channel_args=_CHANNEL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the channel."""
        self._client.close()

    def is_live(self) -> bool:
        """Whether the server answers; False too where nothing listens."""
        try:
            return bool(self._client.is_server_live(client_timeout=UNREACHABLE_S))
        except InferenceServerException:
            return False

    def server_version(self) -> str:
        """The server's version, such as 2.51.0."""
        return str(_call(lambda: self._client.get_server_metadata(client_timeout=UNREACHABLE_S)).version)

    def load(self, name: str, timeout: float) -> None:
        """Load a model and wait until it is ready."""
        _call(lambda: self._client.load_model(name, client_timeout=timeout))

    def unload(self, name: str, timeout: float) -> None:
        """Begin to unload a model; `entry` tells when it is gone."""
        _call(lambda: self._client.unload_model(name, client_timeout=timeout))

    def entry(self, name: str, timeout: float) -> IndexEntry:
        """What the server says about a model."""
        index = _call(lambda: self._client.get_model_repository_index(client_timeout=timeout))
        found = [IndexEntry(entry.state, entry.reason) for entry in index.models if entry.name == name]
        return found[0] if found else IndexEntry("", "unknown model")

    def config(self, name: str, timeout: float) -> model_config_pb2.ModelConfig:
        """The configuration under which a loaded model runs."""
        return _call(lambda: self._client.get_model_config(name, client_timeout=timeout)).config

    def infer(
        self, name: str, inputs: Mapping[str, Tensor], outputs: Sequence[str], timeout: float | None = None
    ) -> dict[str, Tensor]:
        """Send one request, a batch by its tensors' first axis; returns the outputs asked for, all for none."""
        wanted = [InferRequestedOutput(output) for output in outputs] or None
        given = [_input(key, value) for key, value in inputs.items()]
        result = _call(lambda: self._client.infer(name, given, outputs=wanted, client_timeout=timeout))
        names = outputs or [output.name for output in result.get_response().outputs]
        return {output: result.as_numpy(output) for output in names}


def _input(name: str, value: Tensor) -> InferInput:
    tensor = InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
    tensor.set_data_from_numpy(np.ascontiguousarray(value))
    return tensor


def _call(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except InferenceServerException as error:
        timed_out = error.status() == "StatusCode.DEADLINE_EXCEEDED"
        raise CallFailed(_reason(error.message()), timed_out=timed_out) from None
    except ValueError:
        # What gRPC says when the channel was closed by another thread.
        raise CallFailed("the connection was closed") from None


def _reason(message: str) -> str:
    """Triton's message on one line, without the traceback that a stub appends."""
    return " ".join(message.partition("\n\nAt:")[0].split()) or "no answer"
