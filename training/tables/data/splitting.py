"""Which rows train, validate and test."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.errors import DataInvalid

Indices = NDArray[np.int64]
NAMES = ("train", "validation", "test")


def split_by_column(values: Sequence[str | None], column: str) -> dict[str, Indices]:
    """The rows that a column's value gives to each split; raises `DataInvalid` for another value."""
    found = np.array([value or "" for value in values])
    unknown = sorted(set(found.tolist()) - set(NAMES))
    if unknown:
        row = int(np.flatnonzero(found == unknown[0])[0]) + 1
        raise DataInvalid(f"The column {column!r} says in row {row:,} none of train, validation or test.")
    return _checked({name: np.flatnonzero(found == name) for name in NAMES})


def split_by_share(
    targets: Indices, labels: Sequence[str], *, test: float, validation: float, seed: int
) -> dict[str, Indices]:
    """Rows drawn by a seed, the same shares of each label, at least one of each where the share isn't 0.

    Raises:
        DataInvalid: a label has too few rows, or nothing is left to test on.
    """
    chance = np.random.default_rng(seed)
    parts: dict[str, list[Indices]] = {name: [] for name in NAMES}
    for number, label in enumerate(labels):
        members = chance.permutation(np.flatnonzero(targets == number))
        ends = np.cumsum([_count(len(members), share) for share in (test, validation)])
        if len(members) <= ends[-1]:
            raise DataInvalid(f"The label {label!r} has {len(members)} rows, too few to split them.")
        for name, part in zip(("test", "validation", "train"), np.split(members, ends), strict=True):
            parts[name].append(part)
    return _checked({name: np.sort(np.concatenate(parts[name])) for name in NAMES})


def _count(rows: int, share: float) -> int:
    return max(1, round(rows * share)) if share else 0


def _checked(splits: dict[str, Indices]) -> dict[str, Indices]:
    for name in ("train", "test"):
        if len(splits[name]) == 0:
            raise DataInvalid(f"The split {name!r} has no rows.")
    return splits
