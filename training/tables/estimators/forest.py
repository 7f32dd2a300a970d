"""Random forests of scikit-learn."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from training.tables.dataset import Features
from training.tables.estimators.base import Parameters, Task, Watch
from training.tables.graph import Graph
from training.tables.link import Link, Scores
from training.tables.rows import Rows
from training.tables.trees import Tree, add_trees, at_most, check_size


@dataclass(frozen=True)
class FittedForest:
    """A forest; its scores are probabilities: the mean of its trees."""

    library: RandomForestClassifier
    link: Link = "probability"
    rounds: int | None = None
    note: str | None = None

    def scores(self, rows: Features) -> Scores:
        """See `Fitted`."""
        found: Scores = self.library.predict_proba(rows)
        return found[:, 1:] if found.shape[1] == 2 else found

    def add_to(self, graph: Graph, rows: str) -> str:
        """See `Fitted`."""
        grown = [estimator.tree_ for estimator in self.library.estimators_]
        check_size(sum(tree.node_count for tree in grown))
        trees = [_tree(tree, len(grown)) for tree in grown]
        added = add_trees(graph, rows, trees, [range(trees[0].weights.shape[1])] * len(trees))
        # A sum of many float32 may end a little beyond 1.
        return graph.add("Clip", added, graph.number(0), graph.number(1))


class ForestKind:
    """See `Kind`."""

    parameters = frozenset(
        {
            "bootstrap",
            "ccp_alpha",
            "criterion",
            "max_depth",
            "max_features",
            "max_leaf_nodes",
            "max_samples",
            "min_impurity_decrease",
            "min_samples_leaf",
            "min_samples_split",
            "min_weight_fraction_leaf",
            "n_estimators",
        }
    )
    takes_missing = True
    takes_natives = False
    watches = False

    def fit(self, rows: Rows, parameters: Parameters, task: Task, _watch: Watch | None) -> FittedForest:
        """See `Kind`."""
        forest = RandomForestClassifier(
            **parameters, class_weight=task.class_weight, n_jobs=task.threads, random_state=task.seed
        )
        return FittedForest(forest.fit(rows.features, rows.targets))


def _tree(tree: Any, trees: int) -> Tree:
    """One of `trees` trees; a leaf's value is the share of each label among its training rows."""
    leaf = tree.children_left < 0
    own = np.arange(tree.node_count)
    shares = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True) / trees
    return Tree(
        feature=np.where(leaf, 0, tree.feature),
        value=at_most(tree.threshold),
        equals=np.zeros(tree.node_count, bool),
        missing=np.asarray(tree.missing_go_to_left, bool),
        yes=np.where(leaf, own, tree.children_left),
        no=np.where(leaf, own, tree.children_right),
        weights=shares[:, 1:] if shares.shape[1] == 2 else shares,
    )
