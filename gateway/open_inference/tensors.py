"""The tensors that a request sends and asks for, checked against the version's card before Triton sees anything."""

from collections.abc import Sequence
from math import prod

import numpy as np

from contract.card import VersionCard
from contract.inputs import TableInput
from gateway.inference import Tensor, datatype
from gateway.open_inference import numbers
from gateway.open_inference.columns import check_rows
from gateway.open_inference.errors import ExtensionUnsupported, TensorInvalid
from gateway.open_inference.request import InferenceRequest, InputTensor, Parameters, flag

UNSUPPORTED = {
    "shared_memory_region": "Shared memory is not taken: send tensors in the body.",
    "classification": "Classes are not made here: ask for the probabilities, or at /v1 for labels.",
    "sequence_id": "No model keeps a state between requests.",
}
"""Parameters that would change the answer if they were left out of account."""


def input_tensor(request: InferenceRequest, binary: memoryview, card: VersionCard) -> Tensor:
    """The batch that a request sends: uint8 [pictures, height, width, channels] or float32 [rows, columns].

    It may be a view of `binary`, the bytes after the document. Raises `TensorInvalid` or `ExtensionUnsupported`.
    """
    _refuse_extensions(request.parameters)
    if len(request.inputs) != 1:
        raise TensorInvalid(f"The model takes one tensor, {card.input.tensor!r}.")
    (sent,) = request.inputs
    _refuse_extensions(sent.parameters)
    _check_kind(sent, card)
    tensor = _values(sent, binary, card)
    if isinstance(card.input, TableInput):
        check_rows(tensor, card.input)
    return tensor


def wants_binary(request: InferenceRequest, card: VersionCard) -> bool:
    """Whether the answer's tensor shall be bytes; raises what `input_tensor` raises, and `RequestInvalid`."""
    wanted = flag(request.parameters, "binary_data_output", default=False)
    outputs = request.outputs or []
    if len(outputs) > 1 or any(output.name != card.output.tensor for output in outputs):
        raise TensorInvalid(f"The model gives one tensor, {card.output.tensor!r}.")
    for output in outputs:
        _refuse_extensions(output.parameters)
        wanted = flag(output.parameters, "binary_data", default=wanted)
    return wanted


def _refuse_extensions(parameters: Parameters) -> None:
    for name, sentence in UNSUPPORTED.items():
        # Zero and false say that the extension isn't wanted.
        if parameters.get(name):
            raise ExtensionUnsupported(sentence)


def _check_kind(sent: InputTensor, card: VersionCard) -> None:
    schema = card.input
    if sent.name != schema.tensor:
        raise TensorInvalid(f"The model has no such input; its own is {schema.tensor!r}.")
    if sent.datatype != datatype(card):
        raise TensorInvalid(f"The tensor {schema.tensor!r} is of datatype {datatype(card)}.")
    if sent.shape[1:] != [*schema.shape]:
        wanted = ", ".join(map(str, (-1, *schema.shape)))
        raise TensorInvalid(f"The tensor {schema.tensor!r} is of shape [{wanted}].")
    if not 1 <= sent.shape[0] <= card.engine.max_batch_size:
        raise TensorInvalid(f"A batch has from 1 to {card.engine.max_batch_size:,} examples.")


def _values(sent: InputTensor, binary: memoryview, card: VersionCard) -> Tensor:
    size = sent.parameters.get("binary_data_size")
    if (size is None) == (sent.data is None):
        raise TensorInvalid("A tensor has either data or a binary_data_size.")
    if sent.data is None:
        return _from_bytes(binary, size, sent.shape, card)
    if len(binary):
        raise TensorInvalid("Bytes follow the JSON document, but no tensor has a binary_data_size.")
    read = numbers.float32 if isinstance(card.input, TableInput) else numbers.uint8
    return read(sent.data, sent.shape)


def _from_bytes(binary: memoryview, size: object, shape: Sequence[int], card: VersionCard) -> Tensor:
    # Little-endian, row-major, without padding: what the binary tensor data extension says.
    kind = np.dtype("<f4" if isinstance(card.input, TableInput) else "u1")
    needed = prod(shape) * kind.itemsize
    if type(size) is not int or not size == len(binary) == needed:
        raise TensorInvalid(
            f"After the JSON document follow {len(binary):,} bytes; the tensor's shape needs {needed:,}."
        )
    return np.frombuffer(binary, kind).reshape(shape)
