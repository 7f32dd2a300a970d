"""What a person sees of a run: a live line on a terminal, a line an epoch elsewhere."""

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console

from training.console import live_line, tell
from training.history import Epoch, Position


class Listener(Protocol):
    """Somebody who is told of every step and epoch of a run, between two steps: it must not take long."""

    def step(self, position: Position, epochs: int, steps: int) -> None:
        """Hear where the run is, of so many epochs with so many steps each."""

    def epoch(self, epoch: Epoch) -> None:
        """Hear of an epoch that is over."""


class TrainingDisplay:
    """Shows a run of `epochs` epochs with `steps` steps each."""

    def __init__(self, console: Console, epochs: int, steps: int, listener: Listener | None = None) -> None:
        self._console = console
        self._listener = listener
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
        if self._listener:
            self._listener.step(position, self._epochs, self._steps)

    def show_epoch(self, epoch: Epoch) -> None:
        """Leave a line about an epoch that is over."""
        tell(
            self._console,
            f"Epoch {epoch.epoch}/{self._epochs}: loss {epoch.loss:.3f}, accuracy {epoch.accuracy:.1%}, "
            f"validation accuracy {epoch.validation_accuracy:.1%}, {epoch.seconds:.0f} s",
        )
        if self._listener:
            self._listener.epoch(epoch)
