"""From trees to the paths to their leaves."""

from collections.abc import Iterable, Iterator

import numpy as np

from contract.explaining.tree_paths import NUMBER, Ints, Mask, TreePaths
from training.tables.explaining.errors import Unexplained
from training.tables.explaining.trees import Codes, Range, Test, Tree

MAX_CONDITIONS = 1_000_000
"""More would cost a gateway more than 33 MB a model, and a row about 0.07 s."""
LEAST_SHARE = 1e-300
"""In place of no rows at all, which a weight of 0 can leave: what divides must not be 0."""

Path = dict[int, tuple[Test, float]]
"""By column: what must be met, and the share of the training rows that it let through."""


def tree_paths(trees: Iterable[Tree], *, factor: float = 1.0, offset: float = 0.0) -> TreePaths:
    """The paths of all trees, for the answer offset + factor × Σ; raises `Unexplained` where there are too many."""
    leaves: list[tuple[float, Path]] = [(offset, {})]
    conditions = 0
    for tree in trees:
        for value, path in _leaves(tree):
            conditions += len(path)
            if conditions > MAX_CONDITIONS:
                raise Unexplained(f"its trees have more than {MAX_CONDITIONS:,} conditions")
            leaves.append((factor * value, path))
    leaves.sort(key=lambda leaf: len(leaf[1]))
    return _packed(leaves)


def _leaves(tree: Tree) -> Iterator[tuple[float, Path]]:
    waiting: list[tuple[int, Path]] = [(0, {})]
    while waiting:
        place, path = waiting.pop()
        node = tree[place]
        if node.fork is None:
            yield node.value, path
            continue
        fork = node.fork
        for child, test in ((fork.left, fork.goes_left), (fork.right, fork.goes_right)):
            share = tree[child].rows / max(node.rows, LEAST_SHARE)
            waiting.append((child, _longer(path, fork.column, test, share)))


def _longer(path: Path, column: int, test: Test, share: float) -> Path:
    if column in path:
        before, passed = path[column]
        test, share = before.both(test), share * passed
    return {**path, column: (test, max(share, LEAST_SHARE))}


def _packed(leaves: list[tuple[float, Path]]) -> TreePaths:
    parts = [(column, test, share) for _, path in leaves for column, (test, share) in sorted(path.items())]
    ranges = [test if isinstance(test, Range) else Range() for _, test, _ in parts]
    sets, members = _sets([test for _, test, _ in parts])
    return TreePaths(
        values=np.array([value for value, _ in leaves], np.float64),
        lengths=np.array([len(path) for _, path in leaves], np.int32),
        columns=np.array([column for column, _, _ in parts], np.int32),
        low=np.array([one.low for one in ranges], np.float64),
        high=np.array([one.high for one in ranges], np.float64),
        missing=np.array([one.missing for one in ranges], np.bool_),
        sets=sets,
        members=members,
        shares=np.array([share for _, _, share in parts], np.float64),
    )


def _sets(tests: list[Test]) -> tuple[Ints, Mask]:
    """For each condition the row of its set, and the different sets."""
    rows: dict[bytes, int] = {}
    masks: list[Mask] = []
    for test in tests:
        if isinstance(test, Codes) and test.members.tobytes() not in rows:
            rows[test.members.tobytes()] = len(masks)
            masks.append(test.members)
    places = [rows[test.members.tobytes()] if isinstance(test, Codes) else NUMBER for test in tests]
    return np.array(places, np.int32), np.array(masks, np.bool_).reshape(len(masks), -1 if masks else 1)
