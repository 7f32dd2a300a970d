"""Fewer points of a line that look the same."""

from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]
"""Points [n, 2]."""


def thinned(line: Line, most: int) -> Line:
    """At most `most` points of a line, both ends among them: Douglas and Peucker's, the farthest points first."""
    if len(line) <= most:
        return line
    kept = [0, len(line) - 1]
    waiting: list[tuple[float, int, int, int]] = []
    _look(waiting, line, 0, len(line) - 1)
    while waiting and len(kept) < most:
        _, middle, first, last = heappop(waiting)
        kept.append(middle)
        _look(waiting, line, first, middle)
        _look(waiting, line, middle, last)
    return line[sorted(kept)]


def _look(waiting: list[tuple[float, int, int, int]], line: Line, first: int, last: int) -> None:
    """Note the point between two others that is farthest from the straight line between them."""
    if last - first < 2:
        return
    distances = _distances(line[first + 1 : last], line[first], line[last])
    farthest = int(np.argmax(distances))
    if distances[farthest] > 0:
        heappush(waiting, (-float(distances[farthest]), first + 1 + farthest, first, last))


def _distances(points: Line, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    along, away = end - start, points - start
    length = float(np.hypot(*along))
    if length == 0:
        return np.asarray(np.hypot(away[:, 0], away[:, 1]), np.float64)
    return np.asarray(np.abs(along[0] * away[:, 1] - along[1] * away[:, 0]) / length, np.float64)
