"""A stand-in for `triton_python_backend_utils`, which exists only inside a stub of Triton."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray


class TritonModelException(Exception):
    """As Triton's."""


class TritonError(Exception):
    """As Triton's."""

    CANCELLED = 9
    INTERNAL = 1

    def __init__(self, message: str, code: int = INTERNAL) -> None:
        super().__init__(message)
        self.code = code


class Tensor:
    """As Triton's: a name and memory, handed over by DLPack."""

    def __init__(self, name: str, value: NDArray[Any]) -> None:
        self.name = name
        self.value = value

    @classmethod
    def from_dlpack(cls, name: str, capsule: Any) -> "Tensor":
        class Holder:
            def __dlpack__(self, **_: Any) -> Any:
                return capsule

            def __dlpack_device__(self) -> tuple[int, int]:
                return 1, 0

        return cls(name, np.from_dlpack(Holder()))

    def __dlpack__(self, **options: Any) -> Any:
        return self.value.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0

    def as_numpy(self) -> NDArray[Any]:
        return self.value


class InferenceResponse:
    """As Triton's."""

    def __init__(self, tensors: Sequence[Tensor] = (), error: TritonError | None = None) -> None:
        self.tensors = {tensor.name: tensor.value for tensor in tensors}
        self.error = error


class Request:
    """A request with its inputs."""

    def __init__(self, *, cancelled: bool = False, outputs: Sequence[str] = ("y",), **inputs: NDArray[Any]) -> None:
        self._cancelled = cancelled
        self._outputs = outputs
        self.inputs = inputs

    def is_cancelled(self) -> bool:
        return self._cancelled

    def requested_output_names(self) -> list[str]:
        return list(self._outputs)


def get_input_tensor_by_name(request: Request, name: str) -> Tensor:
    return Tensor(name, request.inputs[name])


def module() -> ModuleType:
    """The stand-in as a module."""
    made = ModuleType("triton_python_backend_utils")
    names = (TritonModelException, TritonError, Tensor, InferenceResponse, get_input_tensor_by_name)
    made.__dict__.update({item.__name__: item for item in names})
    return made
