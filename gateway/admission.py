"""Bounds on what is in work at the same time."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

from contract.errors import TriremeError
from gateway.errors import Overloaded


def _too_much_of_one() -> TriremeError:
    return Overloaded("Too many requests for this model are in work.")


class Admission:
    """Lets at most `limit` in at a time, and at most `each` of them for the same key.

    `refusal` makes the error for a key that has all it may have.
    """

    def __init__(
        self, limit: int, *, each: int | None = None, refusal: Callable[[], TriremeError] = _too_much_of_one
    ) -> None:
        self._limit = limit
        self._each = limit if each is None else each
        self._refusal = refusal
        self._keys: Counter[str] = Counter()
        self.inside = 0

    @contextlib.contextmanager
    def enter(self, key: str | None = None) -> Iterator[None]:
        """Be inside for a while; raises `Overloaded`, or the key's own refusal, instead of waiting."""
        self._check(key)
        self._move(key, 1)
        try:
            yield
        finally:
            self._move(key, -1)

    def _check(self, key: str | None) -> None:
        if self.inside >= self._limit:
            raise Overloaded("Too many requests are in work.")
        if key is not None and self._keys[key] >= self._each:
            raise self._refusal()

    def _move(self, key: str | None, step: int) -> None:
        self.inside += step
        if key is not None:
            self._keys[key] += step
            if not self._keys[key]:
                del self._keys[key]
