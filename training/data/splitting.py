"""Taking a validation split out of the training pictures: stratified, by a fixed seed, and without a leak."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Labels, Pixels, picture_hash
from training.errors import DataInvalid

Mask = NDArray[np.bool_]

SEED = 20261
"""The split belongs to the data set, not to a run: runs with different seeds stay comparable."""


def validation_indices(images: Pixels, labels: Labels, names: Sequence[str], share: float) -> Labels:
    """Sorted indices int64 [m] of the pictures to validate on: the same share of each label, at least one.

    A picture that occurs more than once is never taken: its twin would stay behind in training.

    Raises:
        DataInvalid: a label has no picture to spare.
    """
    chance = np.random.default_rng(SEED)
    unique = _unique(images)
    chosen = [_choose(chance, labels == label, unique, share, names[label]) for label in np.unique(labels)]
    return np.sort(np.concatenate(chosen))


def _choose(chance: np.random.Generator, members: Mask, unique: Mask, share: float, name: str) -> Labels:
    wanted = max(1, round(share * int(members.sum())))
    candidates = chance.permutation(np.flatnonzero(members & unique))
    if len(candidates) < wanted or members.sum() < 2:
        raise DataInvalid(f"The label {name!r} has too few different training pictures to spare some for validation.")
    return candidates[:wanted]


def _unique(images: Pixels) -> Mask:
    hashes = [picture_hash(image) for image in images]
    counts = Counter(hashes)
    return np.array([counts[value] == 1 for value in hashes])
