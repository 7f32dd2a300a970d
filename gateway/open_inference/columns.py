"""What may be in a tensor of encoded rows: the rules of `contract.cells` for numbers, a whole batch at once."""

import numpy as np
from numpy.typing import NDArray

from contract.cells import bounds
from contract.columns import NUMBERS, Column
from contract.inputs import TableInput
from gateway.inference import Features
from gateway.open_inference.errors import TensorInvalid

Mask = NDArray[np.bool_]


def check_rows(features: Features, schema: TableInput) -> None:
    """Check encoded rows, float32 [rows, columns]; raises `TensorInvalid`, which names the first wrong place."""
    limits = np.array([_limits(column) for column in schema.columns], np.float32)
    optional = np.array([column.missing == "nan" for column in schema.columns])
    whole = np.array([column.type != "float" for column in schema.columns])
    missing = np.isnan(features)
    _refuse(missing & ~optional, schema, "a value is missing")
    _refuse(np.isinf(features), schema, "the number is infinite")
    outside = (features < limits[:, 0]) | (features > limits[:, 1])
    _refuse(outside, schema, "the number is out of range")
    # NaN of the signalling kind would be a warning.
    with np.errstate(invalid="ignore"):
        fractional = features != np.rint(features)
    _refuse(whole & ~missing & fractional, schema, "the number is not whole")


def _limits(column: Column) -> tuple[float, float]:
    if column.type in NUMBERS:
        return bounds(column)
    if column.type == "bool":
        return 0.0, 1.0
    return 0.0, float(len(column.allowed) - (column.unknown != "other"))


def _refuse(wrong: Mask, schema: TableInput, sentence: str) -> None:
    if wrong.any():
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        raise TensorInvalid(f"Row {row}, column {schema.columns[column].name!r}: {sentence}.")
