"""Class weights: rare labels count more in the loss, so that a network doesn't just learn what is frequent."""

from typing import Literal

import numpy as np

from training.data.dataset import Labels

Choice = Literal["auto", "balanced", "none"]

IMBALANCE = 2.0
"""`auto` balances when the most frequent label has more than so many times the pictures of the rarest."""
LARGEST = 10.0
"""No weight is above: a label of three pictures must not drown the others."""


def class_weights(labels: Labels, count: int, choice: Choice) -> tuple[float, ...] | None:
    """The weight of each of `count` labels in the loss, from the training labels int64 [n]; None where all are 1.

    Balanced weights are n / (count × pictures of the label), at most `LARGEST`: every label then has the same say.
    """
    pictures = np.maximum(np.bincount(labels, minlength=count), 1)
    if choice == "none" or (choice == "auto" and pictures.max() <= IMBALANCE * pictures.min()):
        return None
    weights = np.minimum(len(labels) / (count * pictures), LARGEST)
    return tuple(round(float(weight), 4) for weight in weights)
