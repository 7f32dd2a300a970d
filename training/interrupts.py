"""Ctrl-C during training: noticed between two steps, so that the run stops where it can go on."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self


class Interrupts:
    """Notes the first SIGINT while it is entered; a second one acts at once, as it would have without this.

    So the step that is under way ends, and its work can be saved. Outside the main thread, or where SIGINT is ignored
    (as shells do for jobs in the background), nothing changes.
    """

    def __init__(self) -> None:
        self.asked = False
        """Whether somebody wants the run to stop."""
        self._before = signal.getsignal(signal.SIGINT)

    def __enter__(self) -> Self:
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is not signal.SIG_IGN and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        self._restore()

    def _restore(self) -> None:
        if signal.getsignal(signal.SIGINT) == self._note:
            signal.signal(signal.SIGINT, self._before)
