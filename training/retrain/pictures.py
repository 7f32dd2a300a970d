"""Retraining a model of pictures: base and uploaded pictures, a run, a contest with the champion, a publish."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from contract.examples.batch import Batch, Use
from contract.jobs.documents import Progress
from contract.repository import ANSWERS
from training.conditions import Conditions
from training.data.catalog import Catalog
from training.data.dataset import DataSet
from training.data.reading import MAX_BAD
from training.data.storage import storage_errors
from training.engines.record import TuningStore
from training.parent import find_parent
from training.plan import PLAN, RunPlan
from training.publish.graph import convert
from training.publish.publisher import Publication, publish
from training.quiet import quiet_stderr
from training.report.answers import Answers
from training.report.comparison.verdict import Verdict
from training.report.files import write_report
from training.report.sources import of_run
from training.request import TrainingRequest
from training.retrain.arena import Contender
from training.retrain.attempt import RUN, Attempt, retrained
from training.retrain.bases import base_of, load_base
from training.retrain.challenge import Challenge
from training.retrain.memo import read_memo
from training.retrain.picture_feedback import read_picture_feedback
from training.retrain.progress import StepProgress
from training.retrain.uploads import Extended, PictureStore, extend
from training.retrain.work import Assignment, Office, Outcome
from training.run_store import RunStore
from training.runs import CONVERTED, RECORD, SAVED_MODEL, RunRecord


def retrain(assignment: Assignment, office: Office) -> Outcome:
    """Do a retrain of a model of pictures; what an attempt before it did is not done again.

    Raises `TriremeError`s: see `training.retrain.errors`, `training.errors`, `training.publish.errors`.
    """
    return retrained(assignment, office, lambda attempt: PictureRetrain(attempt).outcome())


@dataclass(frozen=True)
class PictureRetrain:
    """One attempt."""

    attempt: Attempt

    @property
    def office(self) -> Office:
        """Where it works."""
        return self.attempt.office

    def outcome(self) -> Outcome:
        """Do it."""
        self.attempt.heard(Progress(stage="loading"))
        batches = self.attempt.batches()
        evaluation = self.office.examples.in_effect(Use.EVALUATION)
        extended = self._extended(batches, evaluation)
        self.office.reporter.check()
        run = self._train(extended.data, batches)
        known = read_memo(run)
        if known is not None and known.champion == self.attempt.assignment.champion:
            return self.attempt.publish(run, RunRecord.read(run), known, partial(self._published, run, extended.data))
        return self._challenged(run, extended, batches, evaluation)

    def _challenged(
        self, run: Path, extended: Extended, batches: Sequence[Batch], evaluation: Sequence[Batch]
    ) -> Outcome:
        self.attempt.heard(Progress(stage="evaluating"))
        verdict, record = self._judge(run, extended.data, batches, evaluation), RunRecord.read(run)
        self._report(run, record, extended.data, verdict)
        publish = partial(self._published, run, extended.data)
        return self.attempt.end(run, record, verdict, publish, added=extended.added, left_out=extended.left_out)

    @cached_property
    def store(self) -> PictureStore:
        """The uploaded pictures."""
        return PictureStore(self.office.examples, self.office.folder)

    @cached_property
    def base(self) -> str:
        """The base data, as the catalog knows them."""
        return base_of(self.attempt.parameters.base, self.attempt.champion, self.office.settings.runs_dir)

    def _extended(self, batches: Sequence[Batch], evaluation: Sequence[Batch]) -> Extended:
        catalog = Catalog(self.office.settings, self.office.console)
        data = load_base(catalog, self.base, self.attempt.champion, MAX_BAD)
        extended = extend(data, batches, evaluation, self.store)
        self.attempt.tell_added("pictures", extended.added, extended.left_out)
        return extended

    def _train(self, data: DataSet, batches: Sequence[Batch]) -> Path:
        runs = RunStore(self.office.settings.runs_dir)
        run = self._run_id(runs, data)
        folder = runs.root / run
        if (folder / RECORD).is_file():
            return folder
        request = None if (folder / PLAN).is_file() else self._request(data, batches)
        if request is not None:
            request.check()  # before the seconds that importing TensorFlow takes
        with quiet_stderr():
            from training.service import Training  # noqa: PLC0415 - TensorFlow

            training = Training(self.office.settings, self.office.console)
        listener = StepProgress(self.office.reporter)
        conditions = Conditions(data=data, run=run, listener=listener, with_report=False)
        self.office.reporter.check()
        if request is None:
            return training.resume(self.attempt.assignment.model, run, conditions=conditions)
        return training.start(request, conditions=conditions)

    def _run_id(self, runs: RunStore, data: DataSet) -> str:
        """The job's run: that of an attempt before this one, where it was on the same data, or a new one."""
        place = self.office.folder / RUN
        known = place.read_text() if place.is_file() else None
        if known is not None and _is_on(runs.root / known, data):
            return known
        run = runs.new_id()
        place.write_text(run)
        return run

    def _request(self, data: DataSet, batches: Sequence[Batch]) -> TrainingRequest:
        wanted, model = self.attempt.parameters, self.attempt.assignment.model
        version = wanted.from_version
        return TrainingRequest.of(
            model,
            find_parent(self.office.repository, f"{model}:{version}") if version else None,
            profile=wanted.profile,
            size=data.input.height,
            base=self.base,
            seed=wanted.seed or 0,
            job=self.attempt.assignment.id,
            batches=tuple(batch.id for batch in batches),
        )

    def _judge(self, run: Path, data: DataSet, batches: Sequence[Batch], evaluation: Sequence[Batch]) -> Verdict:
        challenger, champion = converted(run), self.attempt.champion
        if champion is None:
            return Verdict(None, self.attempt.parameters.max_loss_points)
        self.attempt.tell_contest()
        return Challenge(
            self.office.repository,
            champion,
            self.store,
            evaluation,
            self.attempt.parameters.max_loss_points,
            told=partial(read_picture_feedback, self.office, champion.model, data.labels, batches),
            check=self.office.reporter.check,
        ).judge(challenger, data, self.office.folder)

    def _report(self, run: Path, record: RunRecord, data: DataSet, verdict: Verdict) -> None:
        from training.report.report import Report  # noqa: PLC0415 - Matplotlib

        self.attempt.tell("Making the report.")
        material = of_run(record, Answers.read(run / ANSWERS), data)
        with storage_errors(run):
            report = Report(replace(material, verdict=verdict), self.attempt.tell)
            write_report(report, run)

    def _published(self, run: Path, data: DataSet) -> Publication:
        return publish(
            run,
            self.office.repository.root,
            tell=self.attempt.tell,
            data=_AtHand(data),
            tunings=TuningStore(self.office.settings.tuning_dir),
            may_reveal=self.office.reporter.may_reveal,
        )


@dataclass(frozen=True)
class _AtHand:
    data: DataSet

    def load(self, run: Path) -> DataSet:  # noqa: ARG002 - there is one run
        """The data of the job's run."""
        return self.data


def _is_on(folder: Path, data: DataSet) -> bool:
    """Whether a run has not begun yet, or is one on these data: a batch may have been withdrawn meanwhile."""
    return not (folder / PLAN).is_file() or RunPlan.read(folder).data == data.digests()


def converted(run: Path) -> Contender:
    """A finished run's model as a contender: converted once, for the contest and the publish. Raises as `convert`."""
    record, target = RunRecord.read(run), run / CONVERTED
    with storage_errors(run):
        if not target.is_file():
            partial_file = run / f".{CONVERTED}"
            convert(run / SAVED_MODEL, partial_file, schema=record.input, output=record.output)
            partial_file.replace(target)
    return Contender(target, record.input, record.output)
