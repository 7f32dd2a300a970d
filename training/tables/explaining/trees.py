"""Decision trees in one form, whichever library grew them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


class Range(NamedTuple):
    """Numbers above `low` and up to `high`; NaN where `missing` says so."""

    low: float = -np.inf
    high: float = np.inf
    missing: bool = True

    def both(self, other: "Range | Codes") -> "Range":
        """What meets this and another one."""
        if not isinstance(other, Range):
            raise TypeError("a column is a number or a category")
        return Range(max(self.low, other.low), min(self.high, other.high), self.missing and other.missing)


@dataclass(frozen=True)
class Codes:
    """Codes of a category, bool [codes + 1]; the last one stands for NaN."""

    members: Mask

    def both(self, other: "Range | Codes") -> "Codes":
        """What meets this and another one."""
        if not isinstance(other, Codes):
            raise TypeError("a column is a number or a category")
        return Codes(self.members & other.members)


Test = Range | Codes


class Fork(NamedTuple):
    """Where a tree splits its rows by a column."""

    column: int
    left: int
    """The place of the node that takes the rows which meet `goes_left`."""
    right: int
    goes_left: Test
    goes_right: Test


class Node(NamedTuple):
    """A node of a tree, with the training rows that came to it, by their weight."""

    rows: float
    value: float = 0.0
    """What a leaf answers."""
    fork: Fork | None = None


Tree = list[Node]
"""The root is the first."""
