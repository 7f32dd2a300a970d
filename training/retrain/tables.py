"""The work of a retrain job of a table model: base and uploaded rows, learning, the challenge, publishing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from contract.examples.batch import Batch, Use
from contract.jobs.documents import Progress
from training.errors import RunUnfinished, RunUnknown
from training.publish.publisher import Publication
from training.report.comparison.verdict import Verdict
from training.retrain.attempt import RUN, Attempt, retrained
from training.retrain.errors import LabelsDiffer
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


def retrain(assignment: Assignment, office: Office) -> Outcome:
    """Do a retrain of a table model; what an attempt before it finished is not done again.

    A stop between two folds of the search leaves no run.

    Raises `LabelsDiffer`, and what recipes, their data, uploaded rows, learning and publishing raise.
    """
    return retrained(assignment, office, lambda attempt: TableRetrain(attempt).outcome())


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

    attempt: Attempt

    @property
    def office(self) -> Office:
        """Where it works."""
        return self.attempt.office

    def outcome(self) -> Outcome:
        """Do it."""
        self.attempt.heard(Progress(stage="loading"))
        recipe = self._recipe()
        lot = self._lot(self._base(recipe))
        run = self._earlier(lot) or self._learned(recipe, lot)
        record = TableRunRecord.read(run)
        self.attempt.heard(Progress(stage="evaluating"))
        verdict = self._judged(run, record, lot)
        report_run(run, record, self.office.console, verdict)
        publish, joined = partial(self._published, run), lot.joined
        return self.attempt.end(run, record, verdict, publish, added=joined.added, left_out=joined.left_out)

    def _recipe(self) -> Recipe:
        parameters, champion = self.attempt.parameters, self.attempt.champion
        run = champion.lineage.run if champion else None
        found = base_recipe(self.attempt.assignment.model, parameters.base, run, self.office.settings.runs_dir)
        recipe = with_seed(found, parameters.seed)
        check_recipe(recipe)  # before the data, which may take minutes
        return recipe

    def _base(self, recipe: Recipe) -> TableData:
        data, champion = load_data(recipe, self.office.settings, self.office.console), self.attempt.champion
        if champion is not None and data.labels != champion.output.labels:
            raise LabelsDiffer(f"The recipe has other labels than version {champion.version}.")
        if champion is not None and not is_untouched(data, champion):
            self.attempt.tell(
                f"Version {champion.version} was tested on other rows; it may have learned from some of these."
            )
        return data

    def _lot(self, data: TableData) -> Lot:
        reader, counts = self.office.examples, Counter[str]()
        batches, evaluation = self.attempt.batches(), reader.in_effect(Use.EVALUATION)
        read = partial(uploaded_rows, fetch=reader.object, schema=data.schema, labels=data.labels)
        joined = join(data, read(batches, wrong=Counting(counts)), read(evaluation, wrong=Counting(Counter())))
        joined = replace(joined, left_out={**counts, **joined.left_out})
        self.attempt.tell_added("rows", joined.added, joined.left_out)
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
        watched = partial(learn, show=partial(WatchedSteps, recipe=recipe, report=self.attempt.heard))
        retrain = Retrain(self.attempt.assignment.id, lot.batches)
        job = TableJob(settings, console, lambda *_: lot.data, watched, retrain, with_report=False)
        run = job.run(recipe, RunStore(settings.runs_dir))
        (self.office.folder / RUN).write_text(run.name)
        return run

    def _judged(self, run: Path, record: TableRunRecord, lot: Lot) -> Verdict:
        champion, limit = self.attempt.champion, self.attempt.parameters.max_loss_points
        if champion is None:
            return Verdict(None, limit, noun="row")
        self.attempt.tell_contest()
        return TableChallenge(self.office, run, record, lot.data, lot.evaluation).judge(champion, limit)

    def _published(self, run: Path) -> Publication:
        repository, may_reveal = self.office.repository.root, self.office.reporter.may_reveal
        return publish_table(run, repository, tell=self.attempt.tell, may_reveal=may_reveal)
