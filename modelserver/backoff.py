"""Exponential back-off."""


class Backoff:
    """Pauses that double from `first` to `most` seconds, until `reset`."""

    def __init__(self, first: float, most: float) -> None:
        self._first = first
        self._most = most
        self._next = first

    def pause(self) -> float:
        """Seconds to wait before the next try."""
        pause, self._next = self._next, min(self._next * 2, self._most)
        return min(pause, self._most)

    def reset(self) -> None:
        """Begin again with the first pause."""
        self._next = self._first
