"""Splitting pictures: stratified, by a fixed seed, and without a leak."""

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


def split_groups(labels: Labels, groups: Labels, names: Sequence[str], shares: Sequence[float]) -> list[Labels]:
    """Split pictures with labels int64 [n] in these shares of each label; a group (int64 [n]) is never torn apart.

    Gives the sorted indices int64 of each split. Large groups go first, where they fit; what fits nowhere goes to the
    first split. Each label is in each split.

    Raises:
        DataInvalid: a label has too few groups.
    """
    wanted = _wanted(labels, len(names), shares)
    left = wanted.astype(np.float64)
    splits = np.zeros(len(labels), np.int64)
    for members in _shuffled_groups(groups):
        own = np.bincount(labels[members], minlength=len(names))
        splits[members] = chosen = _neediest(left, wanted, own)
        left[chosen] -= own
    parts = [np.flatnonzero(splits == number) for number in range(len(shares))]
    _check_parts([labels[part] for part in parts], names)
    return parts


def _wanted(labels: Labels, count: int, shares: Sequence[float]) -> Labels:
    """Pictures of each label in each split, int64 [splits, labels]: at least one, and the rest in the first."""
    pictures = np.bincount(labels, minlength=count)
    others = [np.maximum(1, np.round(share * pictures)) for share in shares[1:]]
    return np.array([np.maximum(1, pictures - sum(others)), *others]).astype(np.int64)


def _shuffled_groups(groups: Labels) -> list[Labels]:
    """The indices of each group, the largest groups first, equally large ones in random order."""
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    shuffled = [members[index] for index in np.random.default_rng(SEED).permutation(len(members))]
    return sorted(shuffled, key=len, reverse=True)


def _neediest(left: NDArray[np.float64], wanted: Labels, own: Labels) -> int:
    """The split that lacks the largest share of what it shall have of a group's labels, among those where it fits."""
    fits = ((left >= own) | (own == 0)).all(axis=1)
    need = np.where(fits, ((left / wanted) * (own > 0)).sum(axis=1), -1)
    return int(np.argmax(need)) if fits.any() else 0


def _check_parts(parts: Sequence[Labels], names: Sequence[str]) -> None:
    for part in parts:
        for name in (names[number] for number in set(range(len(names))) - set(part.tolist())):
            raise DataInvalid(
                f"The label {name!r} has too few different pictures for {len(parts)} splits; near-duplicates "
                "stay together."
            )


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
