"""What a person sees of a run: a live line on a terminal, a line an epoch elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console

from training.console import live_line, tell
from training.history import Epoch, Position


class TrainingDisplay:
    """Shows a run of `epochs` epochs with `steps` steps each."""

    def __init__(self, console: Console, epochs: int, steps: int) -> None:
        self._console = console
        self._epochs = epochs
        self._steps = steps
        self._progress = live_line(console, " steps")
        self._task = self._progress.add_task("Preparing", total=epochs * steps)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show_step(self, position: Position) -> None:
        """Show where the run is within an epoch."""
        figures = f"loss {position.mean_loss:.3f}  accuracy {position.accuracy:6.1%}"
        description = f"Epoch {position.epoch + 1}/{self._epochs}  {figures}"
        done = position.epoch * self._steps + position.step
        self._progress.update(self._task, completed=done, description=description)

    def show_epoch(self, epoch: Epoch) -> None:
        """Leave a line about an epoch that is over."""
        tell(
            self._console,
            f"Epoch {epoch.epoch}/{self._epochs}: loss {epoch.loss:.3f}, accuracy {epoch.accuracy:.1%}, "
            f"validation accuracy {epoch.validation_accuracy:.1%}, {epoch.seconds:.0f} s",
        )
