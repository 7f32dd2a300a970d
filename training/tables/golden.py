"""Choosing golden rows: test rows as users send them, some with missing and unknown values, and the model's answers."""

import json

import numpy as np
from numpy.typing import NDArray

from contract.golden import GoldenExamples
from contract.inputs import TableInput
from contract.table import Encoder
from training.engines.calibration import stratified
from training.tables.dataset import Features, TableData
from training.tables.decoding import json_rows, unknown_value
from training.tables.errors import EncodingChanged
from training.tables.fitted import FittedModel

COUNT = 1_000
CHANGED_EVERY = 5
"""Of so many rows, one gets a missing and another one an unknown value, where a column takes them."""

Row = dict[str, object]


def make_golden(data: TableData, fitted: FittedModel) -> GoldenExamples:
    """Take up to 1,000 test rows, each label by its share, in random order.

    Raises `EncodingChanged` where an unchanged row doesn't become the same features again.
    """
    chosen = np.random.default_rng(COUNT).permutation(stratified(data.test.targets, COUNT))
    rows, features = json_rows(data.test.features[chosen], data.schema), data.test.features[chosen]
    _check(rows, features, data.schema)
    _change(rows, data.schema)
    bodies = [json.dumps(row, allow_nan=False).encode() for row in rows]
    tensors = _encode([json.loads(body) for body in bodies], data.schema)
    labels = [data.labels[number] for number in data.test.targets[chosen]]
    return GoldenExamples(bodies, tensors, fitted.probabilities(tensors), labels)


def _check(rows: list[Row], features: Features, schema: TableInput) -> None:
    again = _encode(rows, schema)
    if not np.array_equal(again, features, equal_nan=True):
        raise EncodingChanged


def _encode(rows: list[Row], schema: TableInput) -> Features:
    encoded = Encoder(schema).rows(rows)
    for problem in encoded.problems:
        raise EncodingChanged(f"A test row breaks the rule {problem.rule!r} of its own column {problem.column!r}.")
    return encoded.features


def _change(rows: list[Row], schema: TableInput) -> None:
    """Put missing and unknown values into some rows, the columns that take them in turn."""
    gaps = [column.name for column in schema.columns if column.missing != "error"]
    strange = {column.name: unknown_value(column) for column in schema.columns if column.unknown == "other"}
    for turn, place in enumerate(_every(len(rows), 0)):
        if gaps:
            rows[place][gaps[turn % len(gaps)]] = None
    for turn, place in enumerate(_every(len(rows), 1)):
        if strange:
            name = list(strange)[turn % len(strange)]
            rows[place][name] = strange[name]


def _every(count: int, first: int) -> NDArray[np.int64]:
    return np.arange(first, count, CHANGED_EVERY)
