"""The training loop: epochs of steps, with checkpoints between them."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.augmentation import augment_epoch, epoch_order
from training.checkpoint import Checkpoint
from training.data.dataset import DataSet
from training.data.storage import storage_errors
from training.display import TrainingDisplay
from training.early_stopping import EarlyStopping
from training.errors import CheckpointInvalid, TrainingDiverged
from training.history import Epoch, Position
from training.interrupts import Interrupts
from training.learner import Learner
from training.plan import RunPlan

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]


def steps_per_epoch(plan: RunPlan, pictures: int) -> int:
    """Full batches only: a small last batch would disturb BatchNorm. Few pictures make one batch."""
    return max(1, pictures // plan.batch_size)


class Trainer:
    """Trains a learner on a data set as a plan says."""

    def __init__(self, learner: Learner, plan: RunPlan, data: DataSet, checkpoint: Path, checkpoint_steps: int) -> None:
        self._learner = learner
        self._plan = plan
        self._data = data
        self._checkpoint = checkpoint
        self._checkpoint_steps = checkpoint_steps
        self._steps = steps_per_epoch(plan, len(data.train))
        self._position = Position()
        self._early = EarlyStopping(plan.patience, checkpoint.parent)
        self._interrupts = Interrupts()

    def restore(self) -> None:
        """Go on from the checkpoint, if there is one; raises `CheckpointInvalid`."""
        if not self._checkpoint.exists():
            return
        checkpoint = Checkpoint.read(self._checkpoint)
        try:
            self._learner.restore(checkpoint.state)
            self._position = Position.load(checkpoint.progress)
        except (KeyError, ValueError) as error:
            raise CheckpointInvalid(f"The checkpoint {self._checkpoint} doesn't belong to this run.") from error

    def run(self, display: TrainingDisplay, on_epoch: Callable[[Epoch], None] = lambda _: None) -> list[Epoch]:
        """Train to the end, or until early stopping ends it.

        `on_epoch` is called with each epoch that is over, those before an interruption too.

        Raises:
            KeyboardInterrupt: of Ctrl-C, after a checkpoint at the step that was under way.
            TrainingDiverged: the loss is no number any more.
            StorageFull, StorageFailed: a checkpoint can't be written; the last one stays.
        """
        for epoch in self._position.history:
            on_epoch(epoch)
        with display, self._interrupts:
            while self._position.epoch < self._plan.epochs and not self._early.stops(self._position.history):
                self._train_epoch(display)
                epoch = self._close_epoch()
                display.show_epoch(epoch)
                on_epoch(epoch)
                self._stop_if_asked()
        if self._position.epoch < self._plan.epochs:
            self._early.restore_best(self._learner)
        return self._position.history

    def _train_epoch(self, display: TrainingDisplay) -> None:
        began = time.monotonic() - self._position.seconds
        for images, labels in self._rest_of_epoch():
            loss, right = self._learner.learn(images, labels)
            if not math.isfinite(loss):
                raise TrainingDiverged("Training diverged: the loss is no number any more. Try another seed.")
            self._position.count(loss, right, len(labels))
            self._position.seconds = time.monotonic() - began
            display.show_step(self._position)
            if self._position.step % self._checkpoint_steps == 0:
                self._save()
            self._stop_if_asked()

    def _rest_of_epoch(self) -> Iterator[Batch]:
        train, seed, epoch = self._data.train, self._plan.seed, self._position.epoch
        images = augment_epoch(train.images, seed, epoch)
        order = epoch_order(len(train), seed, epoch)
        for step in range(self._position.step, self._steps):
            chosen = order[step * self._plan.batch_size : (step + 1) * self._plan.batch_size]
            yield images[chosen], train.labels[chosen]

    def _close_epoch(self) -> Epoch:
        accuracy = self._learner.accuracy(self._data.validation.images, self._data.validation.labels)
        epoch = self._position.close_epoch(accuracy, self._learner.rate)
        with storage_errors(self._checkpoint.parent):
            self._early.keep(self._learner, self._position.history)
        self._save()
        return epoch

    def _stop_if_asked(self) -> None:
        if self._interrupts.asked:
            self._save()
            raise KeyboardInterrupt

    def _save(self) -> None:
        with storage_errors(self._checkpoint.parent):
            Checkpoint(self._learner.state(), self._position.dump()).write(self._checkpoint)
