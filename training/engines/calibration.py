"""Choosing pictures so that each label has its share."""

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Pixels, Split

Labels = NDArray[np.int64]

PICTURES = 512
"""Training pictures that quantisation looks at, to learn how large the numbers inside the network become."""
SEED = 512


def calibration_pictures(train: Split) -> Pixels:
    """At most `PICTURES` training pictures uint8 [n, height, width, channels], always the same ones."""
    return train.images[stratified(train.labels, PICTURES)]


def stratified(labels: Labels, count: int) -> Labels:
    """Sorted indices int64 [min(count, len(labels))], in which each label has the share that it has in `labels`."""
    if count >= len(labels):
        return np.arange(len(labels))
    order = np.random.default_rng(SEED).permutation(len(labels))
    # Where each picture lies within its own label, from 0 to 1: the lowest ones are the same share of every label.
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = labels[order] == label
        place[members] = (np.arange(members.sum()) + 0.5) / members.sum()
    return np.sort(order[np.argsort(place, kind="stable")[:count]])
