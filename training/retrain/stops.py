"""How a job is asked to stop, and how that reaches its work: as Ctrl-C does."""

import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Whether the job has to stop."""

    def __init__(self, *, is_held: bool = False) -> None:
        self.is_held = is_held
        """Whether who started the job holds its standard input open, and so reads what it writes, too."""
        self.asked = False
        self._interrupts = False

    def ask(self, *_: object) -> None:
        """Ask it, from any thread or signal handler; the first one who asks interrupts the work, once."""
        if not self.asked:
            self.asked = True
            if self._interrupts:
                # Not `os.kill`: another thread might take the signal, and a main thread that waits would go on waiting.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Inside, a stop interrupts the main thread with `KeyboardInterrupt`, also one that was asked before.

        Outside, it is only noted in `asked`.
        """
        self._interrupts = True
        try:
            if self.asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._interrupts = False

    def forget(self) -> None:
        """Wait for the next one who asks."""
        self.asked = False

    def interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """What SIGINT does."""
        self.asked = True
        if self._interrupts:
            raise KeyboardInterrupt


@contextmanager
def stops(stdin: int | None = 0) -> Iterator[Stop]:
    """Within this block, in the main thread: SIGTERM, SIGHUP and the end of standard input stop the job as SIGINT does.

    Of standard input only where it is a pipe, whose other end whoever started the job holds open.
    """
    is_held = stdin is not None and _is_pipe(stdin)
    stop = Stop(is_held=is_held)
    before = {number: signal.signal(number, stop.ask) for number in SIGNALS}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, stop.interrupt)
    if is_held:
        threading.Thread(target=_ask_at_end, args=(stdin, stop), daemon=True).start()
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_pipe(descriptor: int) -> bool:
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)  # asyncio's pipe for a child is a pair of sockets


def _ask_at_end(descriptor: int, stop: Stop) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except OSError:
        pass
    stop.ask()
