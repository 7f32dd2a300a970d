"""The work of a retrain job of a table model: base and uploaded rows, learning, the challenge, publishing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from contract.card import VersionCard
from contract.examples.batch import Batch, Use
from contract.jobs.documents import Progress, RetrainParameters, RetrainResult
from contract.names import ModelVersion
from training.console import tell
from training.errors import RunUnfinished, RunUnknown
from training.report.comparison.verdict import Verdict
from training.retrain.aliases import tell_contest
from training.retrain.errors import JobUnsupported, LabelsDiffer
from training.retrain.memo import published_result, result_of, write_memo
from training.retrain.table_challenge import TableChallenge
from training.retrain.work import Assignment, Office, Outcome
from training.run_store import RunStore
from training.tables.checks import check_recipe
from training.tables.data.loading import load_data
from training.tables.dataset import TableData
from training.tables.job import TableJob
from training.tables.learning import learn
from training.tables.lineage import Retrain
from training.tables.publishing import publish_table
from training.tables.recipe import Recipe
from training.tables.reporting import report_run
from training.tables.retraining.base import base_recipe, is_untouched, with_seed
from training.tables.retraining.joining import Joined, join
from training.tables.retraining.steps import WatchedSteps
from training.tables.retraining.uploads import Counting, uploaded_rows
from training.tables.run import TableRunRecord
from training.tracking.tracking import track_publication, tracking

RUN = "run"
"""File of the job's folder that names its finished run, which a later attempt goes on from."""


def retrain(assignment: Assignment, office: Office) -> Outcome:
    """Do a retrain of a table model; what an attempt before it finished is not done again.

    A stop between two folds of the search leaves no run.

    Raises `LabelsDiffer`, and what recipes, their data, uploaded rows, learning and publishing raise.
    """
    published = published_result(office.repository, assignment.model, assignment.id)
    if published is not None:
        tell(office.console, f"Version {published.published} was published by an earlier attempt of this job.")
        return Outcome(published)
    if not isinstance(assignment.parameters, RetrainParameters):
        raise JobUnsupported("The job's parameters are not those of a retrain.")
    return TableRetrain(assignment, assignment.parameters, office).outcome()


@dataclass(frozen=True)
class Lot:
    """The data with the uploaded rows, and the batches that those came from."""

    joined: Joined
    batches: tuple[str, ...]
    evaluation: Sequence[Batch]

    @property
    def data(self) -> TableData:
        """The data."""
        return self.joined.data


@dataclass(frozen=True)
class TableRetrain:
    """One attempt."""

    assignment: Assignment
    parameters: RetrainParameters
    office: Office

    def outcome(self) -> Outcome:
        """Do it."""
        self._heard(Progress(stage="loading"))
        champion = self._champion()
        recipe = self._recipe(champion)
        lot = self._lot(self._base(recipe, champion))
        run = self._earlier(lot) or self._learned(recipe, lot)
        record = TableRunRecord.read(run)
        self._heard(Progress(stage="evaluating"))
        verdict = self._judged(run, record, lot, champion)
        report_run(run, record, self.office.console, verdict)
        self._tell(verdict.sentence)
        result = result_of(record, verdict, added=lot.joined.added, left_out=lot.joined.left_out)
        if not verdict.holds:
            return Outcome(result, rejected=verdict.sentence)
        return Outcome(self._published(run, result))

    def _champion(self) -> VersionCard | None:
        version = self.assignment.champion
        return self.office.repository.card(ModelVersion(self.assignment.model, version)) if version else None

    def _recipe(self, champion: VersionCard | None) -> Recipe:
        run = champion.lineage.run if champion else None
        found = base_recipe(self.assignment.model, self.parameters.base, run, self.office.settings.runs_dir)
        recipe = with_seed(found, self.parameters.seed)
        check_recipe(recipe)  # before the data, which may take minutes
        return recipe

    def _base(self, recipe: Recipe, champion: VersionCard | None) -> TableData:
        data = load_data(recipe, self.office.settings, self.office.console)
        if champion is not None and data.labels != champion.output.labels:
            raise LabelsDiffer(f"The recipe has other labels than version {champion.version}.")
        if champion is not None and not is_untouched(data, champion):
            self._tell(f"Version {champion.version} was tested on other rows; it may have learned from some of these.")
        return data

    def _lot(self, data: TableData) -> Lot:
        reader, counts = self.office.examples, Counter[str]()
        found, withdrawn = reader.batches(self.parameters.batches)
        for batch in withdrawn:
            self._tell(f"The batch {batch} was withdrawn and is left out.")
        batches = [batch for batch in found if batch.use is Use.TRAINING]
        evaluation = reader.in_effect(Use.EVALUATION)
        read = partial(uploaded_rows, fetch=reader.object, schema=data.schema, labels=data.labels)
        joined = join(data, read(batches, wrong=Counting(counts)), read(evaluation, wrong=Counting(Counter())))
        joined = replace(joined, left_out={**counts, **joined.left_out})
        out = "".join(f", {count:,} left out ({reason})" for reason, count in sorted(joined.left_out.items()))
        self._tell(f"Uploaded rows in the training split: {joined.added:,}{out}.")
        return Lot(joined, tuple(batch.id for batch in batches), evaluation)

    def _earlier(self, lot: Lot) -> Path | None:
        """The run that an earlier attempt finished with the same rows."""
        try:
            run = RunStore(self.office.settings.runs_dir).folder((self.office.folder / RUN).read_text())
            return run if TableRunRecord.read(run).lineage.data == lot.data.digests() else None
        except (OSError, RunUnknown, RunUnfinished):
            return None

    def _learned(self, recipe: Recipe, lot: Lot) -> Path:
        settings, console = self.office.settings, self.office.console
        watched = partial(learn, show=partial(WatchedSteps, recipe=recipe, report=self._heard))
        retrain = Retrain(self.assignment.id, lot.batches)
        job = TableJob(settings, console, lambda *_: lot.data, watched, retrain, with_report=False)
        run = job.run(recipe, RunStore(settings.runs_dir))
        (self.office.folder / RUN).write_text(run.name)
        return run

    def _judged(self, run: Path, record: TableRunRecord, lot: Lot, champion: VersionCard | None) -> Verdict:
        if champion is None:
            return Verdict(None, self.parameters.max_loss_points, noun="row")
        self._tell(f"Comparing with version {champion.version} on a real Triton.")
        challenge = TableChallenge(self.office, run, record, lot.data, lot.evaluation)
        return challenge.judge(champion, self.parameters.max_loss_points)

    def _published(self, run: Path, result: RetrainResult) -> RetrainResult:
        write_memo(run, result)
        self._heard(Progress(stage="publishing"))
        repository, may_reveal = self.office.repository.root, self.office.reporter.may_reveal
        with tracking(self.office.settings, self.office.console) as tracker:
            publication = publish_table(run, repository, tell=self._tell, may_reveal=may_reveal)
            track_publication(tracker, publication)
        published = result.model_copy(update={"published": publication.card.version})
        tell_contest(self.office, self.assignment.model, published)
        return published

    def _heard(self, progress: Progress) -> None:
        self.office.reporter.check()
        self.office.reporter.progress(progress)

    def _tell(self, line: str) -> None:
        tell(self.office.console, line)
