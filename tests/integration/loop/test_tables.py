"""A table model's loop: uploaded rows, a retrain that challenges what serves, an evaluation of what it published."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv
from rich.console import Console

from contract.examples.batch import Batch, Use
from contract.jobs.documents import EvaluateParameters, EvaluationResult, Progress, RetrainParameters, RetrainResult
from contract.repository import REPORT
from tests.support.credit_table import write_recipe, write_table
from tests.support.loop import Done, Heard, Loop, open_loop
from tests.support.told import log_prediction, tell_label
from tests.support.tracked import in_mlflow, tracked
from tests.support.uploads import Objects, batch_id, rows_batch
from training.retrain.evaluation import evaluate
from training.retrain.tables import retrain
from training.retrain.work import Assignment, Outcome
from training.run_store import RunStore
from training.tables.data.loading import load_data
from training.tables.job import TableJob
from training.tables.learning import learn
from training.tables.publishing import publish_table
from training.tables.recipes import load_recipe

GENEROUS = 100.0
"""Points that a challenger may lose where a test wants it published."""


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    """Version 1 of `loans`, learned from its recipe, and 60 uploaded rows, of which some are known already."""
    with open_loop(tmp_path_factory.mktemp("loop")) as loop:
        recipe = load_recipe(write_recipe(loop.root))
        settings, console = loop.office("loans", loop.root).settings, Console(file=io.StringIO())
        run = TableJob(settings, console, load_data, learn).run(recipe, RunStore(loop.runs))
        publish_table(run, loop.repository.root)
        fresh = rows(loop.root, 60, seed=1)
        tested = whole(loop.root / "loans.csv").slice(800, 5)
        loop.upload(labelled(pa.concat_tables([fresh, named(tested, "T"), named(fresh.slice(0, 3), "again")]), 1))
        loop.upload(labelled(rows(loop.root, 50, seed=2), 2, Use.EVALUATION))
        yield loop


def whole(file: Path) -> pa.Table:
    options = csv.ConvertOptions(column_types={"outcome": pa.string()}, strings_can_be_null=True)
    return csv.read_csv(file, convert_options=options)


def rows(root: Path, count: int, seed: int) -> pa.Table:
    """Rows with ids of their own."""
    return named(whole(write_table(root / f"more-{seed}.csv", count, seed)), f"U{seed}-")


def named(table: pa.Table, prefix: str) -> pa.Table:
    ids = pa.array([f"{prefix}{number}" for number in range(len(table))])
    return table.set_column(table.schema.get_field_index("loan"), "loan", ids)


def labelled(
    table: pa.Table, number: int, use: Use = Use.TRAINING, *, is_turned: bool = False
) -> tuple[Batch, Objects]:
    names = ("bad", "good") if is_turned else ("good", "bad")
    labels = [names[int(outcome)] for outcome in table["outcome"].to_pylist()]
    return rows_batch(table.drop_columns(["outcome", "part"]), labels, model="loans", number=number, use=use)


def tell_feedback(loop: Loop, table: pa.Table) -> None:
    """Log predictions of rows with their values, and what became of them."""
    for number, row in enumerate(table.to_pylist()):
        features = {name: row[name] for name in ("age", "income", "employed", "purpose")}
        log_prediction(loop.rows.engine, number, "loans", features=features)
        tell_label(loop.rows.engine, number, ("good", "bad")[int(row["outcome"])])


@pytest.fixture(scope="module")
def done(loop: Loop) -> Done:
    """A retrain with the uploaded rows, as a gateway starts it."""
    tell_feedback(loop, rows(loop.root, 20, seed=3))
    parameters = RetrainParameters(batches=(batch_id(1),), seed=7, max_loss_points=GENEROUS)
    return loop.do("loans", parameters, champion=1)


def test_uploaded_rows_make_the_next_version(loop: Loop, done: Done) -> None:
    found = done.retrain
    assert (done.row["state"], found.champion, found.published) == ("succeeded", 1, 2)
    assert (found.examples_added, found.examples_left_out) == (60, {"same-as-test": 5, "twice": 3})
    before, card = loop.card("loans", 1), loop.card("loans", 2)
    assert (card.lineage.job, card.lineage.batches) == (done.row["id"], (batch_id(1),))
    assert card.lineage.data["test"] == before.lineage.data["test"]
    assert card.lineage.data["train"] != before.lineage.data["train"]
    assert (card.lineage.parameters["seed"], card.target) == (7, "outcome")
    assert done.progress[-1]["stage"] == "publishing"


def test_it_was_compared_on_the_same_rows_on_feedback_and_on_uploaded_rows(loop: Loop, done: Done) -> None:
    found, card = done.retrain, loop.card("loans", 2)
    assert [comparison.data for comparison in found.comparisons] == ["test", "feedback", f"batch:{batch_id(2)}"]
    assert [comparison.examples for comparison in found.comparisons] == [180, 20, 50]
    assert found.not_compared == {}
    assert found.comparisons[0].champion_accuracy == pytest.approx(loop.card("loans", 1).metrics.accuracy)
    assert found.comparisons[0].challenger_accuracy == pytest.approx(card.metrics.accuracy) == found.accuracy
    assert "Champion and challenger" in (loop.repository.folder(card.name) / REPORT).read_text()


def test_the_new_version_is_evaluated_on_its_test_rows_as_it_is_served(loop: Loop, done: Done, tmp_path: Path) -> None:
    assert done.retrain.published == 2
    assignment = Assignment(batch_id(78), 1, "loans", EvaluateParameters(version=2), None)
    found, card = evaluate(assignment, loop.office("loans", tmp_path)).result, loop.card("loans", 2)
    assert isinstance(found, EvaluationResult)
    assert (found.data, found.evaluation.examples) == ("test", 180)
    assert found.evaluation.accuracy == pytest.approx(card.metrics.accuracy)
    assert found.evaluation.binary is not None
    assert card.decision is not None
    assert found.evaluation.binary.threshold == card.decision.threshold
    assert [curve.label for curve in found.curves] == ["good", "bad"]


def attempt(loop: Loop, folder: Path, heard: Heard, *batches: str, loss: float = GENEROUS) -> Outcome:
    """One attempt at a job within this process."""
    office = loop.office("loans", folder)
    parameters = RetrainParameters(batches=batches, max_loss_points=loss)
    return retrain(Assignment(batch_id(77), 1, "loans", parameters, 1), replace(office, reporter=heard))


def at(stage: str) -> Callable[[Progress], bool]:
    return lambda progress: progress.stage == stage


def test_a_stop_leaves_no_half_run_and_a_worse_version_is_not_published(loop: Loop, tmp_path: Path) -> None:
    turned = loop.upload(labelled(rows(loop.root, 1_500, seed=4), 4, is_turned=True))
    runs, versions = set(loop.runs.iterdir()), loop.repository.versions("loans")
    with pytest.raises(KeyboardInterrupt):
        attempt(loop, tmp_path, Heard(stop_at=at("training")), turned)
    assert set(loop.runs.iterdir()) == runs
    with pytest.raises(KeyboardInterrupt):
        attempt(loop, tmp_path, Heard(stop_at=at("evaluating")), turned)
    (run,) = set(loop.runs.iterdir()) - runs
    heard = Heard()
    outcome = attempt(loop, tmp_path, heard, turned, loss=0.2)
    assert isinstance(outcome.result, RetrainResult)
    assert "training" not in {progress.stage for progress in heard.told}
    assert (outcome.result.run, outcome.result.published) == (run.name, None)
    assert outcome.rejected == outcome.result.rule
    assert "the rule allows 0.2 points" in outcome.result.rule
    assert outcome.result.comparisons[0].difference < -0.002
    assert loop.repository.versions("loans") == versions


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own
def test_a_rejected_run_is_tracked_with_its_report(loop: Loop, tmp_path: Path) -> None:
    turned, tracking = loop.upload(labelled(rows(loop.root, 900, seed=5), 5, is_turned=True)), in_mlflow(tmp_path)
    office = loop.office("loans", tmp_path)
    office = replace(office, settings=office.settings.model_copy(update=tracking))
    parameters = RetrainParameters(batches=(turned,), max_loss_points=0.2)
    outcome = retrain(Assignment(batch_id(79), 1, "loans", parameters, 1), office)
    assert outcome.rejected is not None
    assert isinstance(outcome.result, RetrainResult)
    run, files = tracked(tracking["mlflow_uri"], "loans", outcome.result.run)
    assert (run.info.status, run.data.metrics["test_accuracy"]) == ("FINISHED", outcome.result.accuracy)
    assert files >= {"report.html", "report.json", "run.json", "recipe.yaml", "plots/champion-challenger.png"}


def test_a_job_that_has_published_does_so_once(loop: Loop, done: Done, tmp_path: Path) -> None:
    parameters = RetrainParameters(batches=(batch_id(1),))
    again = retrain(Assignment(done.row["id"], 2, "loans", parameters, 1), loop.office("loans", tmp_path))
    assert again.result == done.retrain
    assert loop.repository.versions("loans") == [1, 2]
