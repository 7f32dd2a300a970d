"""The work of a retrain job of a table model: base and uploaded rows, learning, the challenge, publishing."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from contract.card import VersionCard
from contract.jobs.documents import Progress, RetrainParameters, RetrainResult
from contract.names import ModelVersion
from training.console import tell
from training.errors import RunUnfinished, RunUnknown
from training.report.comparison.verdict import Verdict
from training.retrain.errors import JobUnsupported, LabelsDiffer
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
from training.tables.retraining.uploads import uploaded_rows
from training.tables.run import TableRunRecord

RUN = "run"
"""File of the job's folder that names its finished run, which a later attempt goes on from."""


def retrain(assignment: Assignment, office: Office) -> Outcome:
    """Retrain a table model.

    A stop between two folds of the search leaves no run; one after that leaves the finished run to the next attempt.

    Raises `LabelsDiffer`, and what recipes, their data, uploaded rows, learning and publishing raise.
    """
    parameters = assignment.parameters
    if not isinstance(parameters, RetrainParameters):
        raise JobUnsupported("The job's parameters are not those of a retrain.")
    return _TableRetrain(assignment, parameters, office).run()


@dataclass(frozen=True)
class _TableRetrain:
    assignment: Assignment
    parameters: RetrainParameters
    office: Office

    def run(self) -> Outcome:
        self._heard(Progress(stage="loading"))
        champion = self._champion()
        recipe = self._recipe(champion)
        data = self._base(recipe, champion)
        joined, batches = self._joined(data)
        run = self._earlier(joined) or self._learned(recipe, joined, batches)
        record = TableRunRecord.read(run)
        self._heard(Progress(stage="evaluating"))
        verdict = TableChallenge(self.office, champion, run, record, joined.data, self.parameters).verdict()
        report_run(run, record, self.office.console, verdict)
        published = self._published(run) if verdict.holds else None
        return self._outcome(record, verdict, joined, published)

    def _champion(self) -> VersionCard | None:
        version = self.assignment.champion
        return self.office.repository.verify(ModelVersion(self.assignment.model, version)) if version else None

    def _recipe(self, champion: VersionCard | None) -> Recipe:
        run = champion and champion.lineage.run
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

    def _joined(self, data: TableData) -> tuple[Joined, tuple[str, ...]]:
        """The data with the uploaded rows, and the batches that they came from."""
        batches, withdrawn = self.office.examples.batches(self.parameters.batches)
        if withdrawn:
            self._tell(f"{len(withdrawn)} batches were withdrawn since the job was asked for.")
        rows = uploaded_rows(batches, self.office.examples.object, data.schema, data.labels)
        return join(data, rows), tuple(batch.id for batch in batches)

    def _earlier(self, joined: Joined) -> Path | None:
        """The run that an earlier attempt finished with the same rows."""
        try:
            run = RunStore(self.office.settings.runs_dir).folder((self.office.folder / RUN).read_text())
            return run if TableRunRecord.read(run).lineage.data == joined.data.digests() else None
        except (OSError, RunUnknown, RunUnfinished):
            return None

    def _learned(self, recipe: Recipe, joined: Joined, batches: tuple[str, ...]) -> Path:
        settings, console = self.office.settings, self.office.console
        watched = partial(learn, show=partial(WatchedSteps, recipe=recipe, report=self._heard))
        retrain = Retrain(self.assignment.id, batches)
        job = TableJob(settings, console, lambda *_: joined.data, watched, retrain, with_report=False)
        run = job.run(recipe, RunStore(settings.runs_dir))
        (self.office.folder / RUN).write_text(run.name)
        return run

    def _published(self, run: Path) -> int:
        self._heard(Progress(stage="publishing"))
        repository, may_reveal = self.office.repository.root, self.office.reporter.may_reveal
        return publish_table(run, repository, tell=self._tell, may_reveal=may_reveal).card.version

    def _outcome(self, record: TableRunRecord, verdict: Verdict, joined: Joined, published: int | None) -> Outcome:
        result = RetrainResult(
            run=record.id,
            champion=verdict.champion if verdict.comparisons else None,
            published=published,
            rule=verdict.sentence,
            comparisons=verdict.comparisons,
            not_compared=verdict.not_compared,
            examples_added=joined.added,
            examples_left_out=joined.left_out,
            accuracy=record.evaluation.accuracy,
        )
        return Outcome(result, rejected=None if published else verdict.sentence)

    def _heard(self, progress: Progress) -> None:
        self.office.reporter.check()
        self.office.reporter.progress(progress)

    def _tell(self, line: str) -> None:
        tell(self.office.console, line)
