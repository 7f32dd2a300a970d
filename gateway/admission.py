"""Bounds on what is in work at the same time."""

import contextlib
from collections.abc import Iterator

from gateway.errors import Overloaded


class Admission:
    """Lets at most `limit` in at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.inside = 0

    @contextlib.contextmanager
    def enter(self) -> Iterator[None]:
        """Be inside for a while; raises `Overloaded` instead of waiting."""
        if self.inside >= self._limit:
            raise Overloaded("Too many requests are in work.")
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
