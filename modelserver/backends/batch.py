"""Requests computed together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[Any]


@dataclass(frozen=True)
class Batch:
    """Several requests' tensors, joined along their first axis."""

    feeds: Mapping[str, Tensor]
    ends: Sequence[int]
    """Where each request's rows end."""

    @classmethod
    def of(cls, feeds: Sequence[Mapping[str, Tensor]]) -> "Batch":
        """Join the requests' inputs; each request has the same number of rows in all of them."""
        first = next(iter(feeds[0]))
        ends = np.cumsum([len(one[first]) for one in feeds]).tolist()
        return cls({name: np.concatenate([one[name] for one in feeds]) for name in feeds[0]}, ends)

    def split(self, outputs: Sequence[Tensor]) -> list[list[Tensor]]:
        """Each request's part of each output; raises `ValueError` where an output has another number of rows."""
        if any(len(output) != self.ends[-1] for output in outputs):
            raise ValueError("an output has another number of rows than the inputs")
        starts = (0, *self.ends[:-1])
        return [[output[start:end] for output in outputs] for start, end in zip(starts, self.ends, strict=True)]
