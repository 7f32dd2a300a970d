"""Augmentation of training pictures, in numpy: shifts with reflected borders, and alternating flips.

Everything is a function of the seed and the epoch, so a resumed run sees exactly the pictures of an unbroken one.
Alternating flips are Jordan's (arXiv:2404.00498): a picture is mirrored in every second epoch, by chance in the even or
the odd ones, so that two epochs show every picture both ways.
"""

import numpy as np
from numpy.typing import NDArray

SHIFT = 2
"""Pictures move by up to so many pixels each way."""


def epoch_order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order [count] in which an epoch takes the pictures."""
    return np.random.default_rng((seed, epoch, 0)).permutation(count)


def augment_epoch(images: NDArray[np.uint8], seed: int, epoch: int) -> NDArray[np.uint8]:
    """The epoch's version of pictures [n, height, width, channels]; same shape, same order."""
    return _shift(_flip(images, seed, epoch), np.random.default_rng((seed, epoch, 1)))


def _flip(images: NDArray[np.uint8], seed: int, epoch: int) -> NDArray[np.uint8]:
    phase = np.random.default_rng((seed, 0, 2)).integers(0, 2, len(images))
    mirrored = (phase + epoch) % 2 == 1
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)


def _shift(images: NDArray[np.uint8], chance: np.random.Generator) -> NDArray[np.uint8]:
    count, height, width, _ = images.shape
    border = ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0))
    padded = np.pad(images, border, mode="reflect")
    offsets = chance.integers(0, 2 * SHIFT + 1, (count, 2))
    shifted = np.empty_like(images)
    for down in range(2 * SHIFT + 1):
        for right in range(2 * SHIFT + 1):
            chosen = (offsets == (down, right)).all(axis=1)
            shifted[chosen] = padded[chosen, down : down + height, right : right + width]
    return shifted
