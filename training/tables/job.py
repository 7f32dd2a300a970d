"""From a recipe to a finished run's folder."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from contract.card import FEATURES, FeatureTable, Output
from contract.decision import Decision
from contract.drift.reference import REFERENCE, ReferenceFile, reference_of_rows
from contract.explaining.explanation import EXPLANATION, Explanation
from contract.repository import ANSWERS, GOLDEN
from training.console import tell
from training.evaluation import answers as decided
from training.report.answers import Answers
from training.run_store import RunStore
from training.settings import TrainingSettings
from training.tables.dataset import TableData
from training.tables.explaining.errors import Unexplained
from training.tables.explaining.explain import explain
from training.tables.feature_table import write_feature_table
from training.tables.findings import make_findings
from training.tables.golden import make_golden
from training.tables.learned import Learned
from training.tables.lineage import Retrain, make_lineage
from training.tables.notes import run_of_recipe, tries_of
from training.tables.recipe import Recipe
from training.tables.recipes import recipe_text
from training.tables.reporting import report_run
from training.tables.run import MODEL, RECIPE, TEST, TableRunRecord, fresh_run, write_test
from training.tracking.facts import outcome_of
from training.tracking.tracker import Tracker
from training.tracking.tracking import tracked_run

Load = Callable[[Recipe, TrainingSettings, Console], TableData]
Learn = Callable[[Recipe, TableData, TrainingSettings, Console], Learned]


@dataclass(frozen=True)
class TableJob:
    """Follows recipes; `load` gets their data, `learn` learns from them."""

    settings: TrainingSettings
    console: Console
    load: Load
    learn: Learn
    retrain: Retrain | None = None
    with_report: bool = True
    """Whether the run makes its report; else who had it done does, when more is known."""

    def run(self, recipe: Recipe, runs: RunStore) -> Path:
        """Follow a recipe; returns the finished run's folder.

        A run that fails or is interrupted leaves nothing. Raises what `load` and `learn` raise, `EncodingChanged`, and
        `StorageFull` or `StorageFailed`.
        """
        with fresh_run(runs) as folder:
            (folder / RECIPE).write_text(recipe_text(recipe))
            with tracked_run(self.settings, self.console, run_of_recipe(folder.name, recipe)) as tracker:
                tracker.finish(outcome_of(self._follow(recipe, folder, tracker), folder))
        return folder

    def _follow(self, recipe: Recipe, folder: Path, tracker: Tracker) -> TableRunRecord:
        data = self.load(recipe, self.settings, self.console)
        learned = self.learn(recipe, data, self.settings, self.console)
        for point in tries_of(learned, recipe.cross_validation.metric):
            tracker.epoch(point)
        tell(self.console, "Exporting.")
        return Outcome(recipe, data, learned, self.console, self.retrain, self.with_report).write(folder)


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    recipe: Recipe
    data: TableData
    learned: Learned
    console: Console
    retrain: Retrain | None = None
    with_report: bool = True

    def write(self, folder: Path) -> TableRunRecord:
        """Write all files of the run's folder, its record last; returns it."""
        (folder / MODEL).write_bytes(self.learned.fitted.to_onnx())
        make_golden(self.data, self.learned.fitted).write(folder / GOLDEN)
        write_test(self.data.test, folder / TEST)
        record = self._record(folder)
        self._answers(record.decision).write(folder / ANSWERS)
        if self.with_report:
            report_run(folder, record, self.console)
        record.write(folder)
        return record

    def _record(self, folder: Path) -> TableRunRecord:
        explanation, reason = self._explain(folder)
        return TableRunRecord(
            id=folder.name,
            model=self.recipe.model,
            finished=datetime.now(UTC),
            input=self.data.schema,
            output=Output(labels=self.data.labels),
            lineage=make_lineage(folder.name, self.recipe, self.data, self.learned, self.retrain),
            evaluation=self.learned.evaluation,
            decision=self.learned.decision,
            feature_table=self._feature_table(folder),
            explanation=explanation,
            unexplained=reason,
            reference=self._reference(folder),
            findings=make_findings(self.recipe, self.data, self.learned),
        )

    def _explain(self, folder: Path) -> tuple[Explanation | None, str | None]:
        try:
            explainer, explanation = explain(self.learned.fitted, self.data, _positive(self.recipe, self.data))
        except Unexplained as reason:
            tell(self.console, f"Single predictions won't be explained: {reason}.")
            return None, str(reason)
        explainer.write(folder / EXPLANATION)
        return explanation, None

    def _feature_table(self, folder: Path) -> FeatureTable | None:
        if not self.recipe.feature_table:
            return None
        tell(self.console, "Writing the feature table.")
        return write_feature_table(self.data, folder / FEATURES)

    def _reference(self, folder: Path) -> ReferenceFile:
        data = self.data
        found, file = reference_of_rows(data.schema, data.train.features, data.labels, self.learned.test_probabilities)
        found.write(folder / REFERENCE)
        return file

    def _answers(self, decision: Decision | None) -> Answers:
        probabilities = self.learned.test_probabilities
        labels = decided(self.data.labels, probabilities, decision) if decision else None
        return Answers(self.data.test.targets, probabilities, labels)


def _positive(recipe: Recipe, data: TableData) -> str:
    """The label that explanations are about."""
    return recipe.target.positive or data.labels[-1]
