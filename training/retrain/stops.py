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
    """Whether the job has to stop; the first one who asks interrupts the main thread, once."""

    def __init__(self) -> None:
        self.asked = False
        self._interrupts = True

    def ask(self, *_: object) -> None:
        """Ask it, from any thread or signal handler."""
        if not self.asked:
            self.asked = True
            if self._interrupts:
                # Not `os.kill`: another thread might take the signal, and a main thread that waits would go on waiting.
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    @contextmanager
    def only_noted(self) -> Iterator[None]:
        """Inside, a stop interrupts nothing: it is noted in `asked`, which is false again at first."""
        self.asked, self._interrupts = False, False
        before = signal.signal(signal.SIGINT, self.ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


@contextmanager
def stops(stdin: int | None = 0) -> Iterator[Stop]:
    """Within this block, in the main thread: SIGTERM, SIGHUP and the end of standard input stop the job as SIGINT does.

    Of standard input only where it is a pipe, whose other end whoever started the job holds open.
    """
    stop = Stop()
    before = {number: signal.signal(number, stop.ask) for number in SIGNALS}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, _interrupt)
    if stdin is not None and _is_pipe(stdin):
        threading.Thread(target=_ask_at_end, args=(stdin, stop), daemon=True).start()
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


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
