"""scikit-learn's random forests."""

from typing import Any

import numpy as np

from contract.explaining.tree_paths import TreePaths
from training.tables.explaining.features import Sources
from training.tables.explaining.paths import tree_paths
from training.tables.explaining.splits import by_code, by_number
from training.tables.explaining.trees import Fork, Node, Tree

LEAF = -1


def forest_paths(forest: Any, sources: Sources, *, factor: float = 1.0, offset: float = 0.0) -> TreePaths:
    """The paths of a `RandomForestClassifier`'s trees, for offset + factor × the probability of the second label."""
    trees = (_tree(one.tree_, sources) for one in forest.estimators_)
    return tree_paths(trees, factor=factor / len(forest.estimators_), offset=offset)


def _tree(tree: Any, sources: Sources) -> Tree:
    weights = tree.value[:, 0, :]
    probabilities = weights[:, 1] / weights.sum(axis=1)
    return [_node(tree, place, float(probabilities[place]), sources) for place in range(tree.node_count)]


def _node(tree: Any, place: int, value: float, sources: Sources) -> Node:
    rows = float(tree.weighted_n_node_samples[place])
    if tree.children_left[place] == LEAF:
        return Node(rows, value)
    feature, threshold = sources.features[tree.feature[place]], np.float64(tree.threshold[place])
    tests: Any = (
        by_number(threshold, missing_left=bool(tree.missing_go_to_left[place]))
        if feature.code is None
        else by_code(feature.code, threshold, sources)
    )
    return Node(rows, fork=Fork(feature.column, tree.children_left[place], tree.children_right[place], *tests))
