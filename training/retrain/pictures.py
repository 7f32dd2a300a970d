"""Retraining a model of pictures: base and uploaded pictures, a run, a contest with the champion, a publish."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from contract.card import VersionCard
from contract.examples.batch import Batch, Use
from contract.jobs.documents import Progress, RetrainParameters, RetrainResult
from contract.names import ModelVersion
from contract.repository import ANSWERS
from training.conditions import Conditions
from training.console import tell
from training.data.catalog import Catalog
from training.data.dataset import DataSet
from training.data.reading import MAX_BAD
from training.data.storage import storage_errors
from training.engines.record import TuningStore
from training.parent import find_parent
from training.plan import PLAN, RunPlan
from training.publish.graph import convert
from training.publish.publisher import publish
from training.quiet import quiet_stderr
from training.report.answers import Answers
from training.report.comparison.verdict import Verdict
from training.report.files import write_report
from training.report.sources import of_run
from training.request import TrainingRequest
from training.retrain.aliases import tell_contest
from training.retrain.arena import Contender
from training.retrain.bases import base_of, load_base
from training.retrain.challenge import Challenge, Judge, unopposed
from training.retrain.memo import published_result, read_memo, result_of, write_memo
from training.retrain.progress import StepProgress
from training.retrain.uploads import Extended, PictureStore, extend
from training.retrain.work import Assignment, Office, Outcome
from training.run_store import RunStore
from training.runs import CONVERTED, RECORD, SAVED_MODEL, RunRecord
from training.tracking.tracking import track_publication, tracking

RUN = "run"
"""File in the job's folder that names its training run, so that the next attempt goes on with it."""


def retrain(assignment: Assignment, office: Office) -> Outcome:
    """Do a retrain of a model of pictures; what an attempt before it did is not done again.

    Raises `TriremeError`s: see `training.retrain.errors`, `training.errors`, `training.publish.errors`.
    """
    published = published_result(office.repository, assignment.model, assignment.id)
    if published is not None:
        tell(office.console, f"Version {published.published} was published by an earlier attempt of this job.")
        return Outcome(published)
    if not isinstance(assignment.parameters, RetrainParameters):
        raise TypeError("a retrain has a retrain's parameters")
    return PictureRetrain(assignment, assignment.parameters, office).outcome()


@dataclass(frozen=True)
class PictureRetrain:
    """One attempt."""

    assignment: Assignment
    parameters: RetrainParameters
    office: Office

    def outcome(self) -> Outcome:
        """Do it."""
        self._stage("loading")
        batches = self._batches()
        evaluation = self.office.examples.in_effect(Use.EVALUATION)
        extended = self._extended(batches, evaluation)
        self.office.reporter.check()
        run = self._train(extended.data, batches)
        known = read_memo(run)
        if known is not None and known.champion == self.assignment.champion:
            return Outcome(self._publish(run, extended.data, known))
        return self._challenged(run, extended, evaluation)

    def _challenged(self, run: Path, extended: Extended, evaluation: Sequence[Batch]) -> Outcome:
        self._stage("evaluating")
        verdict = self._judge(run, extended.data, evaluation)
        result = result_of(RunRecord.read(run), verdict, added=extended.added, left_out=extended.left_out)
        self._report(run, extended.data, verdict)
        tell(self.office.console, verdict.sentence)
        if not verdict.holds:
            return Outcome(result, rejected=verdict.sentence)
        write_memo(run, result)
        return Outcome(self._publish(run, extended.data, result))

    @cached_property
    def champion(self) -> VersionCard | None:
        """The card of the version that was stable when the job was claimed."""
        version = self.assignment.champion
        return None if version is None else self.office.repository.card(ModelVersion(self.assignment.model, version))

    @cached_property
    def store(self) -> PictureStore:
        """The uploaded pictures."""
        return PictureStore(self.office.examples, self.office.folder)

    @cached_property
    def base(self) -> str:
        """The base data, as the catalog knows them."""
        return base_of(self.parameters.base, self.champion, self.office.settings.runs_dir)

    def _stage(self, stage: str) -> None:
        self.office.reporter.check()
        self.office.reporter.progress(Progress.model_validate({"stage": stage}))

    def _batches(self) -> list[Batch]:
        found, withdrawn = self.office.examples.batches(self.parameters.batches)
        for batch in withdrawn:
            tell(self.office.console, f"The batch {batch} was withdrawn and is left out.")
        return [batch for batch in found if batch.use is Use.TRAINING]

    def _extended(self, batches: Sequence[Batch], evaluation: Sequence[Batch]) -> Extended:
        catalog = Catalog(self.office.settings, self.office.console)
        data = load_base(catalog, self.base, self.champion, MAX_BAD)
        extended = extend(data, batches, evaluation, self.store)
        out = "".join(f", {count:,} left out ({reason})" for reason, count in sorted(extended.left_out.items()))
        tell(self.office.console, f"Uploaded pictures in the training split: {extended.added:,}{out}.")
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
            return training.resume(self.assignment.model, run, conditions=conditions)
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
        wanted, model = self.parameters, self.assignment.model
        version = wanted.from_version
        return TrainingRequest.of(
            model,
            find_parent(self.office.repository, f"{model}:{version}") if version else None,
            profile=wanted.profile,
            size=data.input.height,
            base=self.base,
            seed=wanted.seed or 0,
            job=self.assignment.id,
            batches=tuple(batch.id for batch in batches),
        )

    def _judge(self, run: Path, data: DataSet, evaluation: Sequence[Batch]) -> Verdict:
        challenger = converted(run)
        if self.champion is not None:
            tell(self.office.console, f"Comparing with version {self.champion.version} on a real Triton.")
        return self._judged_by(evaluation)(challenger, data, self.office.folder)

    def _judged_by(self, evaluation: Sequence[Batch]) -> Judge:
        limit = self.parameters.max_loss_points
        if self.champion is None:
            return unopposed(limit)
        return Challenge(
            self.office.repository, self.champion, self.store, evaluation, limit, self.office.reporter.check
        ).judge

    def _report(self, run: Path, data: DataSet, verdict: Verdict) -> None:
        from training.report.report import Report  # noqa: PLC0415 - Matplotlib

        tell(self.office.console, "Making the report.")
        material = of_run(RunRecord.read(run), Answers.read(run / ANSWERS), data)
        with storage_errors(run):
            report = Report(replace(material, verdict=verdict), partial(tell, self.office.console))
            write_report(report, run)

    def _publish(self, run: Path, data: DataSet, result: RetrainResult) -> RetrainResult:
        self._stage("publishing")
        with tracking(self.office.settings, self.office.console) as tracker:
            publication = publish(
                run,
                self.office.repository.root,
                tell=partial(tell, self.office.console),
                data=_AtHand(data),
                tunings=TuningStore(self.office.settings.tuning_dir),
                may_reveal=self.office.reporter.may_reveal,
            )
            track_publication(tracker, publication)
        published = result.model_copy(update={"published": publication.card.version})
        tell_contest(self.office, self.assignment.model, published)
        return published


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
