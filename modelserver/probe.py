"""The health check of a version: a real inference, of which the answer is looked at."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import model_config_pb2 as pb
from tritonclient.utils import triton_to_np_dtype

from contract.card import VersionCard
from contract.golden import GoldenExamples
from contract.repository import GOLDEN
from modelserver.errors import CallFailed

Tensor = NDArray[Any]


class Inference(Protocol):
    """What a probe needs of a client."""

    def infer(
        self, name: str, inputs: Mapping[str, Tensor], outputs: list[str], timeout: float | None = None
    ) -> dict[str, Tensor]:
        """Send one request."""
        ...


class Probe:
    """One example of a version, sent again and again."""

    def __init__(self, name: str, inputs: Mapping[str, Tensor], output: str, labels: int) -> None:
        self._name = name
        self._inputs = inputs
        self._output = output
        self._labels = labels

    @classmethod
    def of(cls, card: VersionCard, folder: Path, config: pb.ModelConfig) -> "Probe":
        """The version's first golden example, or a row of zeros where there is none."""
        inputs = _golden(card, folder) or {tensor.name: _zeros(tensor) for tensor in config.input}
        return cls(str(card.name), inputs, card.output.tensor, len(card.output.labels))

    def check(self, client: Inference, timeout: float) -> None:
        """Raise `CallFailed` unless the version answers with one finite number a label."""
        answer = client.infer(self._name, self._inputs, [self._output], timeout)[self._output]
        if answer.shape != (1, self._labels) or not np.isfinite(answer).all():
            raise CallFailed(f"{self._name} answers, but not with a finite number for each label.")


def _golden(card: VersionCard, folder: Path) -> dict[str, Tensor] | None:
    path = folder / GOLDEN
    if not path.is_file():
        return None
    return {card.input.tensor: GoldenExamples.read(path).tensors[:1]}


def _zeros(tensor: pb.ModelInput) -> Tensor:
    shape = (1, *(max(size, 1) for size in tensor.dims))
    name = pb.DataType.Name(tensor.data_type).removeprefix("TYPE_")
    if name == "STRING":
        return np.full(shape, b"", dtype=np.object_)
    return np.zeros(math.prod(shape), dtype=triton_to_np_dtype(name)).reshape(shape)
