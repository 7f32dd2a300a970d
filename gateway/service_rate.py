"""How fast a version answers, as its calls show, and how long a queue before it will take."""

WEIGHT = 0.2
"""Of the newest call in the moving averages."""


class ServiceRate:
    """Exponential moving averages over the calls of one micro-batcher.

    Only a call that left others waiting shows what the model server can do. One that had room tells a lower bound: it
    counts where it was faster than what is known. One that was given up tells an upper bound: it counts where it was
    slower.
    """

    def __init__(self) -> None:
        self._examples_per_s: float | None = None
        self._call_s = 0.0

    def note(self, examples: int, seconds: float, *, was_full: bool) -> None:
        """Take a call into account that was answered."""
        seen = examples / max(seconds, 1e-6)
        self._call_s += WEIGHT * (seconds - self._call_s) if self._call_s else seconds
        if was_full or (self._examples_per_s is not None and seen > self._examples_per_s):
            self._learn(seen)

    def note_given_up(self, examples: int, seconds: float) -> None:
        """Take a call into account that nobody waited for any more, or that took too long."""
        seen = examples / max(seconds, 1e-6)
        if self._examples_per_s is not None and seen < self._examples_per_s:
            self._learn(seen)

    def wait_s(self, waiting: int, calls: int, oldest_call_s: float) -> float:
        """Seconds until so many waiting examples are in a call, with so many calls at a time; 0 where nothing is known.

        A call that takes longer than is usual will hold them up at least as long again.
        """
        if self._examples_per_s is None:
            return 0.0
        return waiting / (self._examples_per_s * calls) + max(0.0, oldest_call_s - self._call_s)

    def _learn(self, seen: float) -> None:
        known = self._examples_per_s
        self._examples_per_s = seen if known is None else known + WEIGHT * (seen - known)
