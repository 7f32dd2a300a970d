"""The questions of trees in one form, which ONNX Runtime answers faster than a mixture of forms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from training.tables.graph import Graph

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


MOST_COLUMNS = 512
"""That are added to a row; where more would be needed, the questions stay as they are."""


@dataclass(frozen=True)
class Comparisons:
    """A question for each node: whether `column` of `rows` is at most `value`."""

    rows: str
    """The tensor's name; it may have more columns than the trees' rows."""
    column: Ints
    value: Floats
    equals: Flags
    """Where the question still is whether the two are equal."""
    missing: Flags
    """Where a missing value still has to be taken to `yes`."""


def add_comparisons(
    graph: Graph, rows: str, feature: Ints, value: Floats, *, equals: Flags, missing: Flags
) -> Comparisons:
    """Add the columns that such questions need; all arrays are of nodes, as in `Tree`.

    Where a missing value goes to `yes`, the question is of a copy of the column with -infinity in its place. Where a
    column has to equal a value, the question is of a column with 0 where it does, and 1 elsewhere.
    """
    lows, low = np.unique(feature[missing], return_inverse=True)
    pairs, pair = np.unique(np.stack([feature, value], axis=1)[equals], axis=0, return_inverse=True)
    if len(lows) + len(pairs) > MOST_COLUMNS:
        return Comparisons(rows, feature, value, equals, missing)
    column = feature + len(lows) + len(pairs)
    column[missing] = low
    column[equals] = pair + len(lows)
    parts = [_low(graph, rows, lows)] if len(lows) else []
    parts += [_other(graph, rows, pairs)] if len(pairs) else []
    wide = graph.add("Concat", *parts, rows, axis=1) if parts else rows
    none = np.zeros(len(feature), np.bool_)
    return Comparisons(wide, column, np.where(equals, np.float32(0.5), value), none, none)


def _low(graph: Graph, rows: str, features: Ints) -> str:
    some = graph.add("Gather", rows, graph.constant(features), axis=1)
    return graph.add("Where", graph.add("IsNaN", some), graph.number(-np.inf), some)


def _other(graph: Graph, rows: str, pairs: NDArray[np.float64]) -> str:
    some = graph.add("Gather", rows, graph.constant(pairs[:, 0].astype(np.int64)), axis=1)
    is_equal = graph.add("Equal", some, graph.constant(pairs[:, 1].astype(np.float32)))
    return graph.cast(graph.add("Not", is_equal), TensorProto.FLOAT)
