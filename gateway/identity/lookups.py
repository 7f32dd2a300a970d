"""What was just looked up is remembered for a moment, and used longer while it can't be looked up."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from gateway.database.errors import DatabaseUnavailable
from gateway.errors import Overloaded, RetryLater

V = TypeVar("V")
MAX_LOADING = 256
"""Lookups of new names that may be under way: keys that nobody has, made up by the thousand, are not all looked up."""


class Times(NamedTuple):
    """How long things are remembered, in seconds."""

    fresh_s: float
    """An answer is used without asking again."""
    stale_s: float
    """An answer is used where asking again fails."""
    timeout_s: float
    """An answer that takes longer has failed."""


class _Found(NamedTuple, Generic[V]):
    value: V
    fresh_until: float
    stale_until: float


class Lookups(Generic[V]):
    """Remembers what `load` says about names; None, "there is no such thing", too.

    At most `size` things and as many absences are remembered. One lookup a name is under way at a time.
    """

    def __init__(
        self,
        load: Callable[[str], Awaitable[V | None]],
        times: Times,
        size: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._times = times
        self._size = size
        self._clock = clock
        self._known: OrderedDict[str, _Found[V]] = OrderedDict()
        # Apart, so that a flood of made-up names pushes nothing good out.
        self._absent: OrderedDict[str, float] = OrderedDict()
        self._loading: dict[str, asyncio.Task[V | None]] = {}

    async def get(self, name: str) -> V | None:
        """What is known of a name; raises `DatabaseUnavailable` or `Overloaded` where nothing is."""
        now = self._clock()
        found = self._known.get(name)
        if found is not None and found.fresh_until > now:
            return found.value
        if found is None and self._absent.get(name, 0.0) > now:
            return None
        try:
            return await asyncio.shield(self._task(name))
        except RetryLater:
            if found is None or found.stale_until <= now:
                raise
            # The next callers don't wait for the database's timeout as this one did.
            self._known[name] = found._replace(fresh_until=self._clock() + self._times.fresh_s)
            return found.value

    def forget(self) -> None:
        """Ask again for everything."""
        self._known.clear()
        self._absent.clear()
        # What is under way may have seen the state before; nobody joins it, and its answer isn't kept.
        self._loading = {}

    def _task(self, name: str) -> "asyncio.Task[V | None]":
        task = self._loading.get(name)
        if task is None:
            # What was there before is looked up in any flood: it may not be good any more.
            if len(self._loading) >= MAX_LOADING and name not in self._known:
                raise Overloaded("Too many keys are being looked up.")
            task = self._loading[name] = asyncio.create_task(self._looked_up(name))
            task.add_done_callback(lambda done: self._end(name, done))
        return task

    def _end(self, name: str, task: "asyncio.Task[V | None]") -> None:
        # The error is looked at here: every caller may have left.
        has_answer = not task.cancelled() and task.exception() is None
        if self._loading.get(name) is not task:
            return
        del self._loading[name]
        if has_answer:
            self._note(name, task.result())

    async def _looked_up(self, name: str) -> V | None:
        try:
            async with asyncio.timeout(self._times.timeout_s):
                return await self._load(name)
        except TimeoutError:
            raise DatabaseUnavailable from None

    def _note(self, name: str, value: V | None) -> None:
        now = self._clock()
        if value is None:
            self._known.pop(name, None)
            _put(self._absent, name, now + self._times.fresh_s, self._size)
        else:
            self._absent.pop(name, None)
            fresh_until = now + self._times.fresh_s
            _put(self._known, name, _Found(value, fresh_until, fresh_until + self._times.stale_s), self._size)


T = TypeVar("T")


def _put(memory: OrderedDict[str, T], name: str, value: T, size: int) -> None:
    memory[name] = value
    memory.move_to_end(name)
    if len(memory) > size:
        memory.popitem(last=False)
