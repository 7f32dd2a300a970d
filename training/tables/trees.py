"""Ensembles of decision trees as flat arrays, and as ONNX's TreeEnsembleRegressor."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from training.tables.comparisons import add_comparisons
from training.tables.errors import GraphTooLarge
from training.tables.graph import ML, Graph

MAX_NODES = 10_000_000
"""About 400 MB of graph; one file of ONNX holds 2 GiB at most."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Tree:
    """One tree; a node is its place in the arrays, the root is the first.

    A row goes from a node to `yes` if its `feature` is at most `value` (with `equals`: equal to it), or is missing and
    `missing` says so; to `no` otherwise. A leaf is its own `yes`.
    """

    feature: Ints
    value: Floats
    equals: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    """Whether a missing value goes to `yes`; never with `equals`."""
    yes: Ints
    no: Ints
    weights: NDArray[np.float64]
    """What a leaf adds to each score, [nodes, scores]; of other nodes without meaning."""

    @property
    def is_leaf(self) -> NDArray[np.bool_]:
        """Which nodes are leaves, [nodes]."""
        return np.equal(self.yes, np.arange(len(self.yes)))


def at_most(thresholds: NDArray[np.float64]) -> Floats:
    """The largest float32 that isn't above each threshold: `x <= threshold` stays true for the same float32 `x`."""
    with np.errstate(over="ignore"):
        rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded).astype(np.float32)


def add_trees(graph: Graph, rows: str, trees: Sequence[Tree], targets: Sequence[Sequence[int]]) -> str:
    """Add the sum of all trees, float32 [batch, scores]; `targets` says which scores each tree's weights are of.

    Raises `GraphTooLarge`.
    """
    check_size(sum(len(tree.yes) for tree in trees))
    everything = {field.name: np.concatenate([getattr(tree, field.name) for tree in trees]) for field in fields(Tree)}
    sizes = [len(tree.yes) for tree in trees]
    numbers = np.repeat(np.arange(len(trees)), sizes)
    nodes = np.concatenate([np.arange(size) for size in sizes])
    leaf = np.concatenate([tree.is_leaf for tree in trees])
    scores = np.array(targets)
    asked = add_comparisons(
        graph,
        rows,
        np.where(leaf, 0, everything["feature"]),
        np.where(leaf, 0, everything["value"]),
        equals=everything["equals"] & ~leaf,
        missing=everything["missing"] & ~leaf,
    )
    return graph.add(
        "TreeEnsembleRegressor",
        asked.rows,
        domain=ML,
        aggregate_function="SUM",
        n_targets=int(scores.max()) + 1,
        nodes_treeids=numbers.tolist(),
        nodes_nodeids=nodes.tolist(),
        nodes_featureids=asked.column.tolist(),
        nodes_modes=np.where(leaf, "LEAF", np.where(asked.equals, "BRANCH_EQ", "BRANCH_LEQ")).tolist(),
        nodes_values=asked.value.tolist(),
        nodes_truenodeids=np.where(leaf, 0, everything["yes"]).tolist(),
        nodes_falsenodeids=np.where(leaf, 0, everything["no"]).tolist(),
        nodes_missing_value_tracks_true=asked.missing.astype(int).tolist(),
        target_treeids=np.repeat(numbers[leaf], scores.shape[1]).tolist(),
        target_nodeids=np.repeat(nodes[leaf], scores.shape[1]).tolist(),
        target_ids=scores[numbers[leaf]].ravel().tolist(),
        target_weights=everything["weights"][leaf].ravel().tolist(),
    )


def check_size(nodes: int) -> None:
    """Raise `GraphTooLarge` where trees have more nodes than a graph may hold."""
    if nodes > MAX_NODES:
        raise GraphTooLarge(
            f"The trees have {nodes:,} nodes, more than the {MAX_NODES:,} that a served graph may have; "
            "fewer or shallower trees have fewer."
        )
