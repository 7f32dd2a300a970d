"""From an estimator's scores to probabilities, in NumPy and as ONNX nodes."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, softmax

from training.tables.graph import Graph

Scores = NDArray[np.float64]
Link = Literal["log-odds", "probability"]
"""What scores are: log-odds, or probabilities already."""

_LEAST = 1e-3
"""Probabilities nearer to 0 or 1 have no log-odds of their own: in float32 they would have no exact ones."""


def probabilities(scores: Scores, link: Link) -> Scores:
    """Probabilities float64 [n, labels] of scores [n, 1] (of the second of two labels) or [n, labels]."""
    if scores.shape[1] > 1:
        return softmax(scores, axis=1) if link == "log-odds" else scores
    second = expit(scores) if link == "log-odds" else scores
    return np.concatenate([expit(-scores) if link == "log-odds" else 1 - scores, second], axis=1)


def log_odds(scores: Scores, link: Link) -> Scores:
    """Log-odds of the second of two labels, [n, 1], of scores [n, 1]."""
    return scores if link == "log-odds" else logit(np.clip(scores, _LEAST, 1 - _LEAST))


def add_probabilities(graph: Graph, scores: str, link: Link, labels: int) -> str:
    """Add what `probabilities` does."""
    if labels > 2:
        return graph.add("Softmax", scores, axis=1) if link == "log-odds" else scores
    if link == "log-odds":
        return graph.add("Concat", graph.add("Sigmoid", graph.add("Neg", scores)), graph.add("Sigmoid", scores), axis=1)
    return graph.add("Concat", graph.add("Sub", graph.number(1), scores), scores, axis=1)


def add_log_odds(graph: Graph, scores: str, link: Link) -> str:
    """Add what `log_odds` does."""
    if link == "log-odds":
        return scores
    low, high, one = map(graph.number, (_LEAST, 1 - _LEAST, 1.0))
    clipped = graph.add("Clip", scores, low, high)
    return graph.add("Log", graph.add("Div", clipped, graph.add("Sub", one, clipped)))
