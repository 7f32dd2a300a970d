"""Gradient-boosted trees of LightGBM."""

import os
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

from training.tables.dataset import Features
from training.tables.estimators.base import Parameters, Task, Watch
from training.tables.estimators.boosted_tree import read_tree
from training.tables.graph import Graph
from training.tables.link import Link, Scores
from training.tables.rows import Rows
from training.tables.trees import add_trees

if TYPE_CHECKING:
    import lightgbm

_QUIET = -1
_ROUNDS = "n_estimators"


@dataclass(frozen=True)
class FittedBooster:
    """A booster; its scores are log-odds: the sum of its trees."""

    library: "lightgbm.Booster"
    rounds: int
    """Those that early stopping kept; each has one tree for each score."""
    link: Link = "log-odds"
    note: str | None = None

    def scores(self, rows: Features) -> Scores:
        """See `Fitted`."""
        found = np.asarray(self.library.predict(rows, raw_score=True, num_iteration=self.rounds), np.float64)
        return found[:, None] if found.ndim == 1 else found

    def add_to(self, graph: Graph, rows: str) -> str:
        """See `Fitted`."""
        dumped = self.library.dump_model(num_iteration=self.rounds)
        scores = dumped["num_tree_per_iteration"]
        trees = [read_tree(tree["tree_structure"]) for tree in dumped["tree_info"]]
        return add_trees(graph, rows, trees, [[number % scores] for number in range(len(trees))])


class BoostingKind:
    """See `Kind`.

    Left out on purpose are parameters that name files or machines, and those that make trees of another form.
    """

    parameters = frozenset(
        {
            "cat_l2",
            "cat_smooth",
            "colsample_bytree",
            "extra_trees",
            "feature_fraction_bynode",
            "learning_rate",
            "max_bin",
            "max_cat_threshold",
            "max_cat_to_onehot",
            "max_delta_step",
            "max_depth",
            "min_child_samples",
            "min_child_weight",
            "min_data_per_group",
            "min_split_gain",
            "n_estimators",
            "num_leaves",
            "path_smooth",
            "reg_alpha",
            "reg_lambda",
            "scale_pos_weight",
            "subsample",
            "subsample_for_bin",
            "subsample_freq",
        }
    )
    takes_missing = True
    takes_natives = True
    watches = True

    def fit(self, rows: Rows, parameters: Parameters, task: Task, watch: Watch | None) -> FittedBooster:
        """See `Kind`."""
        library = _library()
        wanted = {name: value for name, value in parameters.items() if name != _ROUNDS}
        options = {**wanted, **_fixed(task)}
        learned = _dataset(rows, task, options)
        try:
            booster = library.train(
                options,
                learned,
                num_boost_round=parameters.get(_ROUNDS, 100),
                valid_sets=[_dataset(watch.rows, task, options, learned)] if watch else None,
                callbacks=[library.early_stopping(watch.patience, verbose=False)] if watch else None,
            )
        except library.basic.LightGBMError as error:
            raise ValueError(str(error)) from error
        return FittedBooster(booster, booster.best_iteration if watch else booster.current_iteration())


def _library() -> Any:
    # Read while the library is loaded: by default its threads spin while they wait for each other, which took five
    # times the processor time on a machine that had other work too.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    return import_module("lightgbm")


def _dataset(rows: Rows, task: Task, options: dict[str, Any], learned: Any = None) -> "lightgbm.Dataset":
    weights = compute_sample_weight("balanced", rows.targets) if task.balanced else None
    natives = list(task.natives)
    dataset: lightgbm.Dataset = _library().Dataset(
        rows.features, rows.targets, weight=weights, categorical_feature=natives, params=options, reference=learned
    )
    return dataset


def _fixed(task: Task) -> dict[str, Any]:
    is_binary = task.labels == 2
    return {
        "deterministic": True,
        "force_row_wise": True,
        "metric": ("auc" if task.ranks else "binary_logloss") if is_binary else "multi_logloss",
        "num_class": 1 if is_binary else task.labels,
        "num_threads": task.threads,
        "objective": "binary" if is_binary else "multiclass",
        "seed": task.seed,
        "verbose": _QUIET,
    }
