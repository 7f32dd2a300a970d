"""How long a model takes for a batch, as measured for some sizes."""

from collections.abc import Mapping
from itertools import pairwise

from loadtest.errors import TimesInvalid


class BatchTimes:
    """Seconds that one instance takes for a batch of each size: straight lines between what was measured.

    Where only one size was measured, each item of a batch takes its part of that: batching then wins nothing.
    """

    def __init__(self, measured: Mapping[int, float]) -> None:
        """Times in seconds by batch size; raises `TimesInvalid` where they can't be right."""
        points = sorted(measured.items())
        if not points or points[0][0] < 1 or any(seconds <= 0 for _, seconds in points):
            raise TimesInvalid("Service times are above 0 ms, for batches of at least 1.")
        if any(after[1] < before[1] for before, after in pairwise(points)):
            raise TimesInvalid("A larger batch can't take less time than a smaller one.")
        self.points = tuple(points)

    def seconds(self, size: float) -> float:
        """Of a batch of a size, also a mean one such as 2.5."""
        if len(self.points) == 1:
            return self._apiece * size
        (least, quickest), (most, _) = self.points[0], self.points[-1]
        if size <= least:
            # Nothing is known to be faster than what was measured.
            return quickest
        return self._between(size) if size <= most else self._apiece * size

    @property
    def _apiece(self) -> float:
        """Seconds for one item of the largest batch that was measured; what is beyond it takes as long."""
        most, seconds = self.points[-1]
        return seconds / most

    def _between(self, size: float) -> float:
        before, after = next(pair for pair in pairwise(self.points) if size <= pair[1][0])
        share = (size - before[0]) / (after[0] - before[0])
        return before[1] + share * (after[1] - before[1])
