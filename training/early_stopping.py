"""Early stopping: a run that gets no better ends, with the weights of its best epoch."""

from collections.abc import Sequence
from pathlib import Path

from training.checkpoint import Checkpoint
from training.history import Epoch
from training.learner import Learner

BEST = "best.npz"
"""The learner after the best epoch so far, beside the checkpoint; only where a run may stop early."""


class EarlyStopping:
    """Watches the validation accuracy; stops after `patience` epochs without a better one, or never with 0."""

    def __init__(self, patience: int, folder: Path) -> None:
        self._patience = patience
        self._path = folder / BEST

    def keep(self, learner: Learner, history: Sequence[Epoch]) -> None:
        """Keep the learner if its last epoch is its best; to be called before the epoch's checkpoint is written."""
        if self._patience and best_epoch(history) == len(history):
            Checkpoint(learner.state(), {}).write(self._path)

    def stops(self, history: Sequence[Epoch]) -> bool:
        """Whether the run is over."""
        return bool(self._patience and history) and len(history) - best_epoch(history) >= self._patience

    def restore_best(self, learner: Learner) -> None:
        """Give the learner the weights of the best epoch; raises `CheckpointInvalid`."""
        learner.restore(Checkpoint.read(self._path).state)


def best_epoch(history: Sequence[Epoch]) -> int:
    """The first epoch with the highest validation accuracy, counted from 1."""
    accuracies = [epoch.validation_accuracy for epoch in history]
    return accuracies.index(max(accuracies)) + 1
