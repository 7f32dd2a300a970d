"""Near-duplicates: one photo twice, perhaps cropped, mirrored, brighter or of other colours.

Two pictures count as near-duplicates when their details correlate by at least `LIMIT`, mirrored or not, after the best
shift of up to `SHIFT` pixels. Details are what is left when the means of rows and columns are taken away: a horizon or
an empty sky doesn't make two pictures alike. Candidates come from blurred 8×8 pictures, by a matrix product. A photo
that moved by more than a pixel of 32, or lost more on its borders, is often no candidate.

The limit was set by looking at what it finds between CIFAR-10's training and test pictures: below 0.82 more and more
are different things of one outline, above 0.85 next to all are the same photo. That is 2.8 % of the test pictures; Barz
and Denzler ("Do We Train on Test Data?", 2020) found about 3 % by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.batches import fitting
from training.data.dataset import Pixels, picture_hash

LIMIT = 0.85
CANDIDATE_LIMIT = 0.8
"""For the blurred pictures, which no shift brings nearer."""
CANDIDATES = 10
"""Of each picture so many are looked at, the likeliest: a thousand frames of one video must not take hours."""
BLURRED, SIDE, SHIFT = 8, 32, 2
"""Pixels; pictures larger than 32×32 are compared at that size."""
FLAT = 1.0
"""Grey levels: what has less detail (one colour, stripes) has no near-duplicates."""
BLOCK = 250
"""Pictures at a time; with 45,000 others they take 45 MB."""

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Pair:
    """Two pictures that are near-duplicates."""

    first: int
    second: int
    distance: float
    """Mean absolute difference in grey levels (0 to 255), after the best shift, of the pictures without colours."""


def near_duplicates(first: Pixels, second: Pixels) -> list[Pair]:
    """Pairs of a picture of `first` and one of `second`, nearest first; both uint8 [n, height, width, channels].

    At most `CANDIDATES` pairs for each picture of `second` and each way round. 45,000 and 10,000 pictures of 32×32 take
    some ten seconds.
    """
    pairs = [pair for matches in _matches(first, second, only_earlier=False) for pair in matches]
    best: dict[tuple[int, int], Pair] = {}
    for pair in sorted(pairs, key=lambda pair: (pair.distance, pair.first, pair.second)):
        best.setdefault((pair.first, pair.second), pair)
    return list(best.values())


def near_duplicate_groups(images: Pixels) -> NDArray[np.int64]:
    """A group number for each picture of uint8 [n, height, width, channels]: int64 [n].

    Equal pictures, and pictures linked by near-duplication, perhaps through others, share one.
    """
    seen: dict[bytes, int] = {}
    links = [(seen.setdefault(picture_hash(image), index), index) for index, image in enumerate(images)]
    for matches in _matches(images, images, only_earlier=True):
        links += [(pair.first, pair.second) for pair in matches]
    ones, others = np.array(links, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(links)), (ones, others)), shape=(len(images), len(images)))
    numbers: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return numbers


def _matches(first: Pixels, second: Pixels, *, only_earlier: bool) -> Iterator[list[Pair]]:
    if not len(first) or not len(second):
        return
    known = _descriptors(first)
    for start in range(0, len(second), BLOCK):
        block = second[start : start + BLOCK]
        for turned in (block, block[:, :, ::-1]):
            rows, columns = _candidates(_descriptors(turned), known, start if only_earlier else None)
            yield [
                Pair(pair.first, start + pair.second, pair.distance)
                for pair in _compare_all(first, turned, columns, rows)
            ]


def _candidates(wanted: Floats, known: Floats, start: int | None) -> tuple[Indices, Indices]:
    """Rows of `wanted` and of `known` that look alike; with `start`, the first wanted one's number, earlier only."""
    alike = wanted @ known.T
    if start is not None:
        alike[np.arange(len(known)) >= start + np.arange(len(wanted))[:, None]] = 0
    rows, columns = np.nonzero(alike >= CANDIDATE_LIMIT)
    order = np.lexsort((-alike[rows, columns], rows))
    rows, columns = rows[order], columns[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return rows[rank < CANDIDATES], columns[rank < CANDIDATES]


def _descriptors(images: Pixels) -> Floats:
    """Details of blurred pictures as vectors of length 1, float32 [n, 64 × channels]; zeros for flat pictures."""
    size = fitting(BLOCK, *images.shape[1:3])
    parts = [images[start : start + size] for start in range(0, len(images), size)]
    details = [_details(_shrink(part, BLURRED)).reshape(len(part), -1) for part in parts]
    vectors = np.concatenate(details)
    flat = np.sqrt(np.mean(vectors**2, axis=1)) < FLAT
    lengths = np.linalg.norm(vectors, axis=1)
    return np.where(flat[:, None], 0, vectors / np.maximum(lengths, 1e-6)[:, None]).astype(np.float32)


def _compare_all(first: Pixels, second: Pixels, ones: Indices, others: Indices) -> Iterator[Pair]:
    size = fitting(BLOCK, *first.shape[1:3])
    for start in range(0, len(ones), size):
        chosen, others_chosen = ones[start : start + size], others[start : start + size]
        alike, distances = _compare(_grey(first[chosen]), _grey(second[others_chosen]))
        for index in np.flatnonzero(alike >= LIMIT).tolist():
            yield Pair(int(chosen[index]), int(others_chosen[index]), float(distances[index]))


def _compare(ones: Floats, others: Floats) -> tuple[Floats, Floats]:
    """The best correlation [n] over all shifts of grey pictures [n, height, width], and the distance [n] there."""
    best, distances = np.full(len(ones), -1, np.float32), np.zeros(len(ones), np.float32)
    steps = range(-SHIFT, SHIFT + 1)
    for down, right in ((down, right) for down in steps for right in steps):
        one, other = _cut(ones, down, right), _cut(others, -down, -right)
        alike = _correlation(_details(one), _details(other))
        better = alike > best
        best[better] = alike[better]
        distances[better] = np.abs(one - other).mean(axis=(1, 2))[better]
    return best, distances


def _correlation(ones: Floats, others: Floats) -> Floats:
    products = [np.einsum("nij,nij->n", *pair) for pair in ((ones, others), (ones, ones), (others, others))]
    correlation: Floats = products[0] / np.sqrt(np.maximum(products[1] * products[2], 1e-6))
    return correlation


def _cut(images: Floats, down: int, right: int) -> Floats:
    """What is left of pictures that another lies over, shifted."""
    height, width = images.shape[1:3]
    rows = slice(max(0, down), height + min(0, down))
    return images[:, rows, max(0, right) : width + min(0, right)]


def _details(images: Floats) -> Floats:
    rows, columns = images.mean(axis=1, keepdims=True), images.mean(axis=2, keepdims=True)
    details: Floats = images - rows - columns + images.mean(axis=(1, 2), keepdims=True)
    return details


def _grey(images: Pixels) -> Floats:
    grey: Floats = _shrink(images, SIDE).mean(axis=3)
    return grey


def _shrink(images: Pixels, side: int) -> Floats:
    """Means over areas, at most `side` in height and in width: float32 [n, ≤ side, ≤ side, channels]."""
    smaller = images.astype(np.float32)
    for axis in (1, 2):
        length = images.shape[axis]
        edges = np.linspace(0, length, min(side, length) + 1).astype(np.int64)
        sizes = np.diff(edges).reshape([-1 if place == axis else 1 for place in range(4)])
        smaller = (np.add.reduceat(smaller, edges[:-1], axis=axis) / sizes).astype(np.float32)
    return smaller
