"""Tensors across the border between Triton's stub and NumPy.

The stub was built for NumPy 1 and misreads the item size of NumPy 2's types: arrays that it makes hold garbage, and
those that it takes count as empty. DLPack, the other form that it speaks, is independent of NumPy's version; it has no
strings.
"""

import ctypes
from typing import Any

import numpy as np
import triton_python_backend_utils as triton
from numpy.typing import NDArray

Tensor = NDArray[Any]

TAKES_TEXT = np.lib.NumpyVersion(np.__version__) < "2.0.0"
"""Whether the stub can hand over strings."""


def from_triton(tensor: Any, *, is_text: bool) -> Tensor:
    """A request's tensor, valid as long as the request; read-only where it is a view of shared memory."""
    return tensor.as_numpy() if is_text else np.from_dlpack(tensor)


def to_triton(name: str, value: Tensor) -> Any:
    """A tensor of a response: a number type, or bytes in an object array."""
    if value.dtype == np.object_:
        return triton.Tensor(name, value)
    return triton.Tensor.from_dlpack(name, _capsule(np.ascontiguousarray(value)))


def _capsule(value: Tensor) -> Any:
    """A DLPack capsule that nobody but its taker frees.

    The stub marks a capsule as taken by another name than the standard's, at which NumPy's destructor of the capsule
    would complain each time. Without that destructor the memory is freed once, by the stub.
    """
    capsule = value.__dlpack__()
    ctypes.pythonapi.PyCapsule_SetDestructor(ctypes.py_object(capsule), None)
    return capsule
