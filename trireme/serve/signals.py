"""Ending by signal: SIGINT, SIGTERM and SIGHUP unwind the stack once, and never where that would leave a mess."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self


class Interrupted(BaseException):
    """Asks the main thread to end; not an `Exception`, so that nothing takes it for a failure."""


class Signals:
    """A context manager that turns the first signal into `Interrupted`, swallows it at its end, and ignores later ones.

    uvicorn puts its own handlers over SIGINT and SIGTERM while it runs and sends the signal on when it has ended.
    """

    def __init__(self) -> None:
        self._came = False
        self._deferring = False
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._handle)
        # uvicorn doesn't know SIGHUP.
        self._previous[signal.SIGHUP] = signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # it is what signal.signal gave
        return kind is Interrupted

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let a signal wait until the end of this block, which starts something that must not be left half started."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        if self._came:
            raise Interrupted

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        first, self._came = not self._came, True
        if first and not self._deferring:
            raise Interrupted
