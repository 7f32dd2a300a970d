"""A run's steps as a job's progress."""

import time
from dataclasses import dataclass, field

from contract.jobs.documents import Progress
from training.history import Epoch, Position
from training.retrain.work import Reporter


@dataclass
class StepProgress:
    """Tells a reporter of each step, with the time that is left by the pace since this attempt began."""

    reporter: Reporter
    _began: float | None = field(default=None, init=False)
    _first: int = field(default=0, init=False)
    _validation: float | None = field(default=None, init=False)

    def step(self, position: Position, epochs: int, steps: int) -> None:
        """As `training.display.Listener` says."""
        if self._validation is None and position.history:  # of an attempt before this one
            self._validation = position.history[-1].validation_accuracy
        self.reporter.progress(
            Progress(
                stage="training",
                epoch=position.epoch + 1,
                epochs=epochs,
                step=position.step,
                steps=steps,
                loss=position.mean_loss,
                accuracy=position.accuracy,
                validation_accuracy=self._validation,
                eta_s=self._left(position.epoch * steps + position.step, epochs * steps),
            )
        )

    def epoch(self, epoch: Epoch) -> None:
        """As `training.display.Listener` says."""
        self._validation = epoch.validation_accuracy

    def _left(self, done: int, total: int) -> float | None:
        now = time.monotonic()
        if self._began is None:
            self._began, self._first = now, done
        elapsed, own = now - self._began, done - self._first
        return round(elapsed / own * (total - done), 1) if own else None
