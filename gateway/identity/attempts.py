"""Slows down who tries passwords."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from gateway.identity.errors import LoginsLimited

MAX_REMEMBERED = 10_000


class Origin(NamedTuple):
    """Who tries, as far as counting goes."""

    name: str
    address: str
    """As `gateway.limits.address.Addresses` tells it: of IPv6 the network, since one caller has all of it."""


@dataclass
class _Failures:
    count: int = 0
    wait_until: float = 0.0
    forget_at: float = 0.0


class Attempts:
    """Counts logins that are under way or failed; after `free` of them each next one has to wait twice as long."""

    def __init__(self, free: int, longest_wait_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = free
        self._longest_wait_s = longest_wait_s
        self._clock = clock
        self._failures: OrderedDict[Origin, _Failures] = OrderedDict()

    def begin(self, origin: Origin) -> None:
        """Count a login before its password is checked, so that many at once don't slip through.

        Raises `LoginsLimited`.
        """
        now = self._clock()
        failures = self._of(origin, now)
        if failures.wait_until > now:
            raise LoginsLimited(math.ceil(failures.wait_until - now))
        failures.count += 1
        failures.forget_at = now + 2 * self._longest_wait_s
        if failures.count >= self._free:
            failures.wait_until = now + self._wait_s(failures.count)

    def succeed(self, origin: Origin) -> None:
        """The password was right: forget the failures."""
        self._failures.pop(origin, None)

    def take_back(self, origin: Origin) -> None:
        """The password was not checked at all: the login doesn't count."""
        failures = self._failures.get(origin)
        if failures is not None:
            failures.count -= 1
            failures.wait_until = 0.0

    def _wait_s(self, count: int) -> float:
        # Bounded before it is computed: 2.0 ** 2000 is an error.
        return min(2.0 ** min(count - self._free, 30), self._longest_wait_s)

    def _of(self, origin: Origin, now: float) -> _Failures:
        found = self._failures.get(origin)
        if found is None or found.forget_at <= now:
            found = self._failures[origin] = _Failures()
        self._failures.move_to_end(origin)
        if len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)
        return found
