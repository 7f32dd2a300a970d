"""LightGBM's trees."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from contract.explaining.tree_paths import TreePaths
from training.tables.explaining.errors import Unexplained
from training.tables.explaining.features import Feature, Sources
from training.tables.explaining.paths import tree_paths
from training.tables.explaining.splits import by_code, by_number, by_set
from training.tables.explaining.trees import Fork, Node, Tree

Dump = dict[str, Any]
"""What `Booster.dump_model()` gives, or a part of it."""


def boosted_paths(model: Dump, sources: Sources, *, factor: float = 1.0, offset: float = 0.0) -> TreePaths:
    """The paths of a binary booster's trees, for offset + factor × the log-odds of the second label.

    Raises `Unexplained` for another objective, linear leaves, and zeros that count as missing.
    """
    objective, *options = str(model["objective"]).split()
    if objective != "binary":
        raise Unexplained(f"its objective is {objective}")
    steepness = next((float(option.partition(":")[2]) for option in options if option.startswith("sigmoid:")), 1.0)
    trees = model["tree_info"]
    shared = len(trees) if model.get("average_output") else 1
    return tree_paths(
        (_tree(info["tree_structure"], sources) for info in trees), factor=factor * steepness / shared, offset=offset
    )


def _tree(root: Dump, sources: Sources) -> Tree:
    nodes = list(_walk(root))
    places = {id(node): place for place, node in enumerate(nodes)}
    return [_node(node, places, sources) for node in nodes]


def _walk(root: Dump) -> Iterator[Dump]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node[side] for side in ("left_child", "right_child") if side in node)


def _node(node: Dump, places: dict[int, int], sources: Sources) -> Node:
    if "leaf_coeff" in node:
        raise Unexplained("its leaves are linear models")
    if "split_feature" not in node:
        return Node(float(node.get("leaf_count", 1)), float(node["leaf_value"]))
    feature = sources.features[node["split_feature"]]
    left, right = (places[id(node[side])] for side in ("left_child", "right_child"))
    return Node(float(node["internal_count"]), fork=Fork(feature.column, left, right, *_tests(node, feature, sources)))


def _tests(node: Dump, feature: Feature, sources: Sources) -> Any:
    if node["missing_type"] == "Zero":
        raise Unexplained("it takes zeros for missing values")
    if node["decision_type"] == "==":
        codes = [int(code) for code in str(node["threshold"]).split("||")]
        return by_set(codes, sources)
    threshold = float(node["threshold"])
    if feature.code is not None:
        return by_code(feature.code, threshold, sources)
    # Without missing values in training, LightGBM takes NaN for 0.
    is_left = bool(node["default_left"]) if node["missing_type"] == "NaN" else threshold >= 0
    return by_number(np.float64(threshold), missing_left=is_left)
