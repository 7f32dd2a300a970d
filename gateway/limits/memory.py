"""Counters in memory, of a bounded number of callers."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from limits.aio.storage import SlidingWindowCounterSupport, Storage


@dataclass(slots=True)
class Windows:
    """Hits of one key in the window that runs and in the one before."""

    index: int
    previous: int = 0
    current: int = 0

    def move_to(self, index: int) -> None:
        """Forget what is over."""
        if index != self.index:
            self.previous = self.current if index == self.index + 1 else 0
            self.index, self.current = index, 0


class BoundedMemory(Storage, SlidingWindowCounterSupport):
    """A storage of `limits` for sliding windows, whose steps all take the same short time.

    The library's own has no bound, and looks at every key on every hit. Beyond `max_keys` the key that was not used
    for longest is forgotten.
    """

    STORAGE_SCHEME = None

    def __init__(self, max_keys: int, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._max_keys = max_keys
        self._clock = clock
        self._known: OrderedDict[str, Windows] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def base_exceptions(self) -> type[Exception]:
        """None of its own."""
        return ValueError

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count hits if `limit` in `expiry` seconds allows them."""
        windows, past = self._at(key, expiry)
        if int(windows.previous * (1 - past)) + windows.current + amount > limit:
            return False
        windows.current += amount
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Hits in the window before and the seconds it still counts, hits in this one and the seconds it is kept."""
        windows, past = self._at(key, expiry)
        left = (1 - past) * expiry
        return windows.previous, left if windows.previous else 0.0, windows.current, left + expiry

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count hits without a limit."""
        windows, _ = self._at(key, expiry)
        windows.current += amount
        return windows.current

    async def get(self, key: str) -> int:
        """Hits in the window that runs."""
        return self._known[key].current if key in self._known else 0

    async def get_expiry(self, _key: str) -> float:
        """Now: nothing is kept by a time."""
        return self._clock()

    async def check(self) -> bool:
        """It is always there."""
        return True

    async def reset(self) -> int | None:
        """Forget all."""
        count = len(self._known)
        self._known.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget a key."""
        self._known.pop(key, None)

    async def clear_sliding_window(self, key: str, _expiry: int) -> None:
        """Forget a key."""
        await self.clear(key)

    def _at(self, key: str, expiry: int) -> tuple[Windows, float]:
        """A key's windows, and the part of the present one that is over."""
        index, past = divmod(self._clock() / expiry, 1)
        windows = self._known.get(key)
        if windows is None:
            windows = self._known[key] = Windows(int(index))
            if len(self._known) > self._max_keys:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
            windows.move_to(int(index))
        return windows, past
