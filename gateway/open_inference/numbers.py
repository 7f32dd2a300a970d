"""From the numbers of a JSON document, nested or flat, to an array."""

from collections.abc import Sequence
from itertools import chain
from math import prod
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.cells import NotANumber
from gateway.open_inference.errors import TensorInvalid

NOTHING = frozenset({NoneType, NotANumber})
"""A missing value: null, or the word NaN, which JSON doesn't have but Triton's client writes."""


def uint8(data: Sequence[Any], shape: Sequence[int]) -> NDArray[np.uint8]:
    """Whole numbers from 0 to 255, uint8 [*shape]; raises `TensorInvalid`."""
    values = _flat(data, shape)
    try:
        if set(map(type, values)) <= {int}:
            return np.frombuffer(bytes(values), np.uint8).reshape(shape)
    except ValueError:
        pass
    raise TensorInvalid("A value of the tensor is no whole number from 0 to 255.")


def float32(data: Sequence[Any], shape: Sequence[int]) -> NDArray[np.float32]:
    """Numbers, float32 [*shape], NaN where one is missing and infinite beyond float32; raises `TensorInvalid`."""
    values = _flat(data, shape)
    kinds = set(map(type, values))
    if not kinds <= {int, float, *NOTHING}:
        raise TensorInvalid("A value of the tensor is no number.")
    if kinds & NOTHING:
        values = [np.nan if type(value) in NOTHING else value for value in values]
    try:
        with np.errstate(over="ignore"):
            return np.array(values, np.float64).astype(np.float32).reshape(shape)
    except OverflowError:
        raise TensorInvalid("A value of the tensor is too large.") from None


def _flat(data: Sequence[Any], shape: Sequence[int]) -> Sequence[Any]:
    """The innermost values in row-major order; raises `TensorInvalid` where they are not as many as the shape says."""
    if data and isinstance(data[0], list):
        for dimension, inner in enumerate(shape[1:], start=1):
            fits = len(data) == prod(shape[:dimension]) and set(map(type, data)) == {list}
            if not fits or set(map(len, data)) != {inner}:
                raise TensorInvalid("The tensor's data are not nested as its shape says.")
            data = list(chain.from_iterable(data))
    if len(data) != prod(shape):
        raise TensorInvalid(f"The tensor's data are {len(data):,} values; its shape needs {prod(shape):,}.")
    return data
