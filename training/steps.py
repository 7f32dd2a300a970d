"""What a person sees of work in steps: a live line on a terminal, a line a step elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import TaskID

from training.console import live_line, tell


class Steps:
    """Shows one step after the other, each with a number of things to do."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = live_line(console)
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, step: str, total: int) -> None:
        """Begin a step, which ends the one before."""
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(step, total=total)
        if not self._console.is_terminal:
            tell(self._console, step)

    def advance(self, count: int) -> None:
        """Note that so many things of the step are done."""
        if self._task is not None:
            self._progress.advance(self._task, count)

    def describe(self, step: str) -> None:
        """Call the step that is under way something else, on a terminal."""
        if self._task is not None:
            self._progress.update(self._task, description=step)

    def note(self, line: str) -> None:
        """Leave a line."""
        tell(self._console, line)
