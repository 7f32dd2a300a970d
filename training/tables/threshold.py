"""Choosing the probability from which the decision is the positive label."""

import numpy as np
from numpy.typing import NDArray

from contract.decision import Decision
from training.tables.recipe import Cost, DecisionRule

Chances = NDArray[np.float64]


def decide(rule: DecisionRule, positive: str, is_positive: NDArray[np.bool_], chances: Chances) -> Decision:
    """The decision by a rule; `chances` float64 [n] of rows that the model didn't learn from choose the threshold."""
    match rule.threshold:
        case "f1":
            threshold = best_f1(is_positive, chances)
        case "cost":
            threshold = least_cost(is_positive, chances, rule.cost or Cost(false_positive=1, false_negative=1))
        case fixed:
            threshold = fixed
    kind = rule.threshold if isinstance(rule.threshold, str) else "fixed"
    return Decision(positive=positive, threshold=threshold, rule=kind, bands=rule.bands)


def best_f1(is_positive: NDArray[np.bool_], chances: Chances) -> float:
    """The threshold with the best F1, half-way between two probabilities; of equals the highest."""
    hits, alarms, thresholds = _counts(is_positive, chances)
    f1 = 2 * hits / np.maximum(1, alarms + is_positive.sum())
    return float(thresholds[np.argmax(f1)])


def least_cost(is_positive: NDArray[np.bool_], chances: Chances, cost: Cost) -> float:
    """The threshold with the least cost, half-way between two probabilities; of equals the highest."""
    hits, alarms, thresholds = _counts(is_positive, chances)
    total = cost.false_positive * (alarms - hits) + cost.false_negative * (is_positive.sum() - hits)
    return float(thresholds[np.argmin(total)])


def _counts(is_positive: NDArray[np.bool_], chances: Chances) -> tuple[NDArray[np.int64], NDArray[np.int64], Chances]:
    """True positives, all positives, and the threshold: for the lowest 0, 1, … of the different probabilities."""
    values, places = np.unique(-chances, return_inverse=True)
    alarms = np.concatenate([[0], np.cumsum(np.bincount(places))])
    hits = np.concatenate([[0], np.cumsum(np.bincount(places, weights=is_positive)).astype(np.int64)])
    # Ends and middles: no row lies on a threshold, where the last bit of a probability would decide.
    edges = np.concatenate([[1.0], -values, [0.0]])
    apart = np.append(edges[:-2] > edges[1:-1], True)
    return hits[apart], alarms[apart], ((edges[:-1] + edges[1:]) / 2)[apart]
