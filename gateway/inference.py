"""What the gateway asks of a model server, and its messages in Triton's gRPC protocol (the Open Inference Protocol)."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2 as pb

from contract.card import VersionCard
from contract.inputs import ImageInput
from gateway.errors import ModelServerFailed, PicturesNotTaken

Pixels = NDArray[np.uint8]
Probabilities = NDArray[np.float32]


class ModelServer(Protocol):
    """Something that computes predictions."""

    @property
    def concurrency(self) -> int:
        """How many calls for one version may be in flight."""
        ...

    async def infer(self, card: VersionCard, pictures: Sequence[Pixels], timeout_s: float, /) -> Probabilities:
        """Probabilities, float32 [pictures, labels], of uint8 pictures [height, width, channels].

        Raises `ModelServerUnavailable`, `ModelServerTimeout` or `ModelServerFailed`.
        """
        ...


def image_input(card: VersionCard) -> ImageInput:
    """The picture that a version takes; raises `PicturesNotTaken`."""
    if not isinstance(card.input, ImageInput):
        raise PicturesNotTaken(f"Model {card.model!r} takes tables, not pictures.")
    return card.input


def request_for(card: VersionCard, pictures: Sequence[Pixels]) -> pb.ModelInferRequest:
    """The message that asks `card`'s version for the probabilities of pictures."""
    schema = image_input(card)
    shape = (len(pictures), *schema.shape)
    return pb.ModelInferRequest(
        model_name=card.name.triton_name,
        inputs=[pb.ModelInferRequest.InferInputTensor(name=schema.tensor, datatype="UINT8", shape=shape)],
        outputs=[pb.ModelInferRequest.InferRequestedOutputTensor(name=card.output.tensor)],
        # By hand: joining the pictures' bytes is one copy, tensors of the protocol would be three.
        raw_input_contents=[b"".join(picture.tobytes() for picture in pictures)],
    )


def probabilities_of(response: pb.ModelInferResponse, card: VersionCard, count: int) -> Probabilities:
    """The probabilities, float32 [count, labels], in a response; raises `ModelServerFailed` where it holds none."""
    shape = (count, len(card.output.labels))
    if len(response.raw_output_contents) != 1 or not _fits(response.outputs[0], card, shape):
        raise ModelServerFailed("The model server's answer has not the form that the version card promises.")
    return np.frombuffer(response.raw_output_contents[0], np.float32).reshape(shape)


def _fits(output: pb.ModelInferResponse.InferOutputTensor, card: VersionCard, shape: tuple[int, int]) -> bool:
    return bool(output.name == card.output.tensor and output.datatype == "FP32" and tuple(output.shape) == shape)
