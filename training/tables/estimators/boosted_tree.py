"""One tree of LightGBM, from its dump to flat arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from training.tables.trees import Tree, at_most

Node = Mapping[str, Any]
Line = tuple[int, float, bool, bool, int, int, float]
"""A node: feature, value, equals, missing, yes, no, weight; as `Tree` has them."""


def read_tree(root: Node) -> Tree:
    """Read one `tree_structure`.

    A set of categories becomes a chain of questions for one each, all with the same `yes`; a missing category is in no
    set. Where the training rows had no missing number, one counts as 0, as in LightGBM's own prediction.
    """
    lines: dict[int, Line] = {}
    pending = [(root, 0)]
    used = 1
    while pending:
        node, place = pending.pop()
        if "left_child" not in node:
            lines[place] = (0, 0.0, False, False, place, place, float(node["leaf_value"]))
            continue
        values = _values(node)
        yes, no, chain = used, used + 1, [place, *range(used + 2, used + 1 + len(values))]
        used += 1 + len(values)
        for value, link, following in zip(values, chain, [*chain[1:], no], strict=True):
            equals = node["decision_type"] == "=="
            lines[link] = (node["split_feature"], value, equals, _missing(node), yes, following, 0.0)
        pending += [(node["left_child"], yes), (node["right_child"], no)]
    return _tree([lines[place] for place in range(used)])


def _values(node: Node) -> list[float]:
    threshold = node["threshold"]
    return [float(code) for code in threshold.split("||")] if node["decision_type"] == "==" else [float(threshold)]


def _missing(node: Node) -> bool:
    if node["decision_type"] == "==":
        return False
    return bool(node["default_left"]) if node["missing_type"] == "NaN" else float(node["threshold"]) >= 0


def _tree(lines: list[Line]) -> Tree:
    feature, value, equals, missing, yes, no, weight = (np.array(column) for column in zip(*lines, strict=True))
    return Tree(feature, at_most(value), equals, missing, yes, no, weight[:, None])
