"""Waiting until a process is asked to end; the signal may come at any moment.

A handler that sets a `threading.Event` can hang the thread that waits for it. It runs between two steps of that thread,
so within `Event.wait`, which may hold the lock that `Event.set` needs. And where the signal comes after the
interpreter's last look and before the thread sleeps, the handler doesn't run at all until something else wakes it.
"""

import os
import select
import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a process to end: Ctrl-C, whoever started it, and the end of its terminal."""


class Ending:
    """Tells whether a signal came, and waits for one; may be given to `select`."""

    def __init__(self, reader: int) -> None:
        self._reader = reader

    def fileno(self) -> int:
        """The file descriptor that can be read as soon as a signal came."""
        return self._reader

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for a signal, `timeout` seconds at most; returns whether one came, now or before."""
        return bool(select.select([self], [], [], timeout)[0])


@contextmanager
def ending(signals: Iterable[signal.Signals] = SIGNALS) -> Iterator[Ending]:
    """Within this block, which must be in the main thread, the signals do nothing but what `Ending` tells.

    Other signals that have a handler in Python count as well. Child processes get their signals as ever.
    """
    reader, writer = os.pipe()
    with ExitStack() as stack:
        for end in (reader, writer):
            stack.callback(os.close, end)
        os.set_blocking(writer, False)
        # The C handler writes there, whatever the interpreter does meanwhile and in whichever thread it runs.
        stack.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(writer, warn_on_full_buffer=False))
        for number in signals:
            stack.callback(signal.signal, number, signal.signal(number, lambda *_: None))
        yield Ending(reader)
