"""A training run from its data to its finished folder."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import keras
import numpy as np
from rich.console import Console

from contract.card import Lineage, Output
from contract.drift.reference import REFERENCE, ReferenceFile, reference_of_pictures
from contract.repository import ANSWERS, REPORT
from training import backend, saved_model
from training.architectures import Shape, architecture
from training.conditions import ALONE, Conditions
from training.console import tell
from training.data.dataset import DataSet
from training.data.storage import storage_errors
from training.display import TrainingDisplay
from training.early_stopping import BEST
from training.errors import RunChanged, RunFinished
from training.evaluation import evaluate_evenly
from training.golden import make_golden
from training.history import Epoch
from training.learner import Learner
from training.lineage import make_lineage
from training.parent import Start
from training.plan import RunPlan
from training.preflight import needs
from training.report.answers import Answers
from training.report.files import write_report
from training.report.report import Report
from training.report.sources import of_run
from training.room import check_disk, check_memory
from training.run_store import RunStore
from training.runs import CHECKPOINT, GOLDEN, RECORD, SAVED_MODEL, START, RunRecord
from training.settings import TrainingSettings
from training.tracking.facts import outcome_of, point_of, run_of
from training.tracking.tracker import Tracker
from training.tracking.tracking import tracked_run
from training.trainer import Trainer, steps_per_epoch


class TrainingJob:
    """Does a plan in its run's folder; begins anew or goes on, whichever the folder asks for."""

    def __init__(
        self,
        plan: RunPlan,
        data: DataSet,
        settings: TrainingSettings,
        console: Console,
        start: Start | None = None,
        *,
        conditions: Conditions = ALONE,
    ) -> None:
        self._plan = plan
        self._data = data
        self._settings = settings
        self._console = console
        self._architecture = architecture(plan.architecture)
        self._start = start
        self._conditions = conditions
        self._shape = shape_of(data, start)

    def run(self, runs: RunStore) -> Path:
        """Train, export, evaluate; returns the finished run's folder.

        Raises:
            RunBusy, RunFinished: another process works on the run, or it is finished.
            RunChanged: the data are not those of the plan.
            TrainingError: training diverged, the checkpoint is damaged, or the disk is full.
        """
        folder = runs.folder(self._plan.id)
        with runs.working_on(folder):
            self._check(folder)
            with tracked_run(self._settings, self._console, run_of(self._plan.model, self._lineage())) as tracker:
                tracker.finish(outcome_of(self._follow(folder, tracker), folder))
        return folder

    def _follow(self, folder: Path, tracker: Tracker) -> RunRecord:
        backend.make_repeatable(self._plan.seed)
        model, history = self._train(folder, tracker)
        tell(self._console, "Exporting and evaluating.")
        self._export(model, folder / SAVED_MODEL)
        with storage_errors(folder):
            return self._finish(folder, history)

    def _check(self, folder: Path) -> None:
        if (folder / RECORD).exists():
            raise RunFinished(f"The training run {self._plan.id} is finished already.")
        if self._data.digests() != self._plan.data:
            raise RunChanged(f"The data of run {self._plan.id} have changed since it began; start a new run.")

    def _train(self, folder: Path, tracker: Tracker) -> tuple[keras.Model, list[Epoch]]:
        steps = steps_per_epoch(self._plan, len(self._data.train))
        model = self._build()
        self._check_room(model, folder)
        recipe = self._architecture.recipe
        recipe = replace(recipe, peak_rate=recipe.peak_rate * self._plan.rate)
        learner = Learner(model, recipe, steps * self._plan.epochs, self._plan.class_weights)
        trainer = Trainer(learner, self._plan, self._data, folder / CHECKPOINT, self._settings.checkpoint_steps)
        trainer.restore()
        display = TrainingDisplay(self._console, self._plan.epochs, steps, self._conditions.listener)
        return model, trainer.run(display, lambda epoch: tracker.epoch(point_of(epoch)))

    def _check_room(self, model: keras.Model, folder: Path) -> None:
        needed = needs(model, self._data, self._plan.batch_size)
        check_disk("The run", needed.disk, folder)
        if not backend.hardware().gpus:  # which have a memory of their own
            check_memory("The run", needed.memory)

    def _build(self) -> keras.Model:
        with backend.arithmetic(self._plan.precision):
            model = self._architecture.build(self._shape)
        if self._start is None:
            self._architecture.prepare(model, self._data.train.images, self._shape)
        else:
            self._start.give_to(model, self._data.labels)
        return model

    def _export(self, model: keras.Model, folder: Path) -> None:
        saved_model.export(model, self._architecture, self._shape, folder, with_mirrored=self._plan.mirrored)

    def _finish(self, folder: Path, history: list[Epoch]) -> RunRecord:
        exported = saved_model.SavedModel(folder / SAVED_MODEL, self._shape.input.tensor)
        make_golden(self._data, exported.probabilities).write(folder / GOLDEN)
        answers = Answers(self._data.test.labels, exported.probabilities(self._data.test.images))
        record = self._record(answers, history, self._reference(folder, answers))
        answers.write(folder / ANSWERS)
        if self._conditions.with_report:
            self._report(folder, record, answers)
        record.write(folder)
        for name in (CHECKPOINT, BEST, START):
            (folder / name).unlink(missing_ok=True)
        return record

    def _reference(self, folder: Path, answers: Answers) -> ReferenceFile:
        found, file = reference_of_pictures(self._data.train.images, self._data.labels, answers.probabilities)
        found.write(folder / REFERENCE)
        return file

    def _report(self, folder: Path, record: RunRecord, answers: Answers) -> None:
        tell(self._console, "Making the report.")
        write_report(Report(of_run(record, answers, self._data), partial(tell, self._console)), folder)
        tell(self._console, f"The report is {folder / REPORT}.")

    def _record(self, answers: Answers, history: list[Epoch], reference: ReferenceFile) -> RunRecord:
        return RunRecord(
            id=self._plan.id,
            model=self._plan.model,
            finished=datetime.now(UTC),
            input=self._data.input,
            output=Output(labels=self._data.labels),
            lineage=self._lineage(),
            evaluation=evaluate_evenly("test", self._data.labels, answers.truth, answers.probabilities),
            reference=reference,
            history=tuple(vars(epoch) for epoch in history),
        )

    def _lineage(self) -> Lineage:
        return make_lineage(self._plan, backend.hardware(), self._shape.mean, self._shape.deviation)


def shape_of(data: DataSet, start: Start | None = None) -> Shape:
    """What a network for this data must fit.

    Mean and deviation are those of the training pictures alone, or what the parent's first layers are used to.
    """
    if start:
        return Shape(data.input, len(data.labels), start.mean, start.deviation)
    images = data.train.images
    # A histogram of each channel gives both exactly and without a float copy of all pictures.
    counts = [np.bincount(images[..., channel].ravel(), minlength=256) for channel in range(images.shape[-1])]
    figures = [_mean_and_deviation(count) for count in counts]
    means, deviations = zip(*figures, strict=True)
    return Shape(data.input, len(data.labels), means, deviations)


def _mean_and_deviation(counts: np.ndarray[tuple[int], np.dtype[np.intp]]) -> tuple[float, float]:
    levels, total = np.arange(256), counts.sum()
    mean = float(levels @ counts / total)
    deviation = float(np.sqrt((levels - mean) ** 2 @ counts / total))
    return round(mean, 4), round(max(deviation, 1.0), 4)
