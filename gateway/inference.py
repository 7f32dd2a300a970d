"""What the gateway asks of a model server, and its messages in Triton's gRPC protocol (the Open Inference Protocol)."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2 as pb

from contract.card import VersionCard
from contract.inputs import ImageInput, TableInput
from gateway.errors import ModelServerFailed, PicturesNotTaken, RowsNotTaken

Pixels = NDArray[np.uint8]
Features = NDArray[np.float32]
Tensor = NDArray[Any]
"""One picture, uint8 [height, width, channels]; or a block: of pictures, with one dimension more in front, or of a
table's rows, float32 [rows, columns]."""
Probabilities = NDArray[np.float32]


class ModelServer(Protocol):
    """Something that computes predictions."""

    @property
    def concurrency(self) -> int:
        """How many calls for one version may be in flight."""
        ...

    @property
    def has_replica(self) -> bool:
        """Whether there is anyone to ask."""
        ...

    async def infer(self, card: VersionCard, tensors: Sequence[Tensor], timeout_s: float, /) -> Probabilities:
        """Probabilities, float32 [examples, labels], of all pictures and rows of all blocks.

        Raises `ModelServerUnavailable`, `ModelServerTimeout` or `ModelServerFailed`.
        """
        ...


def image_input(card: VersionCard) -> ImageInput:
    """The picture that a version takes; raises `PicturesNotTaken`."""
    if not isinstance(card.input, ImageInput):
        raise PicturesNotTaken(f"Model {card.model!r} takes tables, not pictures.")
    return card.input


def table_input(card: VersionCard) -> TableInput:
    """The rows that a version takes; raises `RowsNotTaken`."""
    if not isinstance(card.input, TableInput):
        raise RowsNotTaken(f"Model {card.model!r} takes pictures, not tables.")
    return card.input


def nothing(card: VersionCard) -> Tensor:
    """The plainest input of a version: a black picture, or a row of zeros."""
    if isinstance(card.input, ImageInput):
        return np.zeros(card.input.shape, np.uint8)
    return np.zeros((1, len(card.input.columns)), np.float32)


def examples(card: VersionCard, tensors: Sequence[Tensor]) -> int:
    """How many pictures or rows there are."""
    one = len(card.input.shape)
    return sum(1 if tensor.ndim == one else len(tensor) for tensor in tensors)


def datatype(card: VersionCard) -> str:
    """The protocol's name for the numbers that a version takes."""
    return "UINT8" if isinstance(card.input, ImageInput) else "FP32"


def request_for(card: VersionCard, tensors: Sequence[Tensor]) -> pb.ModelInferRequest:
    """The message that asks `card`'s version for the probabilities of pictures or rows."""
    schema, count = card.input, examples(card, tensors)
    shape = (count, *schema.shape)
    return pb.ModelInferRequest(
        model_name=card.name.triton_name,
        inputs=[pb.ModelInferRequest.InferInputTensor(name=schema.tensor, datatype=datatype(card), shape=shape)],
        outputs=[pb.ModelInferRequest.InferRequestedOutputTensor(name=card.output.tensor)],
        # By hand: joining the tensors' bytes is one copy, tensors of the protocol would be three.
        raw_input_contents=[b"".join(np.ascontiguousarray(tensor).data for tensor in tensors)],
    )


def probabilities_of(response: pb.ModelInferResponse, card: VersionCard, count: int) -> Probabilities:
    """The probabilities, float32 [count, labels], in a response; raises `ModelServerFailed` where it holds none."""
    shape = (count, len(card.output.labels))
    if len(response.raw_output_contents) != 1 or not _fits(response.outputs[0], card, shape):
        raise ModelServerFailed("The model server's answer has not the form that the version card promises.")
    return np.frombuffer(response.raw_output_contents[0], np.float32).reshape(shape)


def _fits(output: pb.ModelInferResponse.InferOutputTensor, card: VersionCard, shape: tuple[int, int]) -> bool:
    return bool(output.name == card.output.tensor and output.datatype == "FP32" and tuple(output.shape) == shape)
