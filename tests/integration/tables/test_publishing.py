"""From a recipe to a version that a real Triton serves."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from tritonclient.grpc import model_config_pb2 as pb
from typer.testing import CliRunner

from contract.drift.reference import Reference
from contract.explaining.explanation import Explainer
from contract.golden import GoldenExamples
from contract.names import ModelVersion
from contract.repository import GOLDEN, ModelRepository
from contract.table import Encoder
from modelserver.client import Client
from modelserver.probe import Probe
from modelserver.supervisor import Supervisor
from modelserver.temporary import TemporaryServer
from tests.integration.modelserver.rig import PATIENCE_S, Rig
from tests.support.credit_table import RECIPE, write_recipe
from training.cli import train
from training.errors import ParentUnfit, RequestInvalid
from training.publish.cli import publish as publish_command
from training.publish.errors import GateFailed, GraphUnsupported
from training.report.cli import report as report_command
from training.run_store import RunStore
from training.runs import RECORD
from training.tables import results
from training.tables.publishing import MAX_BATCH_SIZE, publish_table
from training.tables.run import MODEL, TEST, TableRunRecord, read_test
from training.tuning.cli import tune

LOANS = ModelVersion("loans", 1)


def invoke(command: Any, *arguments: object, runs: Path | None = None) -> str:
    environment = {"TRAINING_RUNS_DIR": str(runs)} if runs else {}
    done = CliRunner().invoke(command, [str(one) for one in arguments], env=environment, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table, two recipes, their runs, and a repository with both as versions; not to be changed."""
    home = tmp_path_factory.mktemp("tables")
    write_recipe(home)
    logistic = {
        "estimator": {"kind": "logistic_regression"},
        "preprocessing": {"imputation": "median", "scaling": "standard"},
        "feature_table": False,
    }
    write_recipe(home, logistic, "logistic.yaml")
    for name in ("loans", "logistic"):
        invoke(train, home / f"{name}.yaml", "--publish", "--repository", home / "repository", runs=home / "runs")
    return home


@pytest.fixture
def run(home: Path, tmp_path: Path) -> Path:
    """A copy of the first run."""
    return Path(shutil.copytree(min((home / "runs").iterdir()), tmp_path / "run"))


def test_a_recipe_becomes_a_version_that_two_gates_have_passed(home: Path) -> None:
    card = ModelRepository(home / "repository").verify(LOANS)
    conversion, engine = card.gates
    assert conversion.measured["max_probability_difference"] < 1e-4
    assert conversion.limits["close_call"] == 1e-6
    assert engine.measured["accuracy"] == pytest.approx(card.metrics.accuracy)
    assert (card.task, card.engine.backend, card.engine.max_batch_size) == (
        "table-classification",
        "onnxruntime",
        MAX_BATCH_SIZE,
    )
    assert card.omitted == {}
    assert card.decision is not None
    assert [band.name for band in card.decision.bands] == ["low", "middle", "high"]
    assert card.feature_table is not None
    assert card.feature_table.rows == 900
    assert card.target == "outcome"
    assert card.files.keys() >= {"features.parquet", "explanation.npz", "report.html", "answers.parquet"}
    assert card.lineage.parameters["estimator"] == "lightgbm"


def test_a_version_says_what_its_training_rows_looked_like(home: Path) -> None:
    card = ModelRepository(home / "repository").card(LOANS)
    assert card.reference is not None
    assert card.reference.file in card.companions
    reference = Reference.read(home / "repository" / LOANS.triton_name / card.reference.file)
    assert card.reference.examples == 720
    assert [one.name for one in reference.features] == ["age", "income", "employed", "purpose"]
    assert [int(one.cells.sum()) for one in reference.features] == [720] * 4
    assert (int(reference.label.cells.sum()), reference.confidence.present) == (180, 180)


def test_a_run_from_before_there_were_references_is_published_without_one(run: Path, tmp_path: Path) -> None:
    record = json.loads((run / RECORD).read_text())
    del record["reference"]
    (run / RECORD).write_text(json.dumps(record))
    (run / "reference.json").unlink()
    assert publish_table(run, tmp_path / "repository", dry_run=True).card.reference is None


def test_the_server_answers_rows_as_the_run_did(home: Path) -> None:
    card = ModelRepository(home / "repository").card(LOANS)
    golden = GoldenExamples.read(home / "repository" / str(LOANS) / GOLDEN)
    rows = [json.loads(body) for body in golden.bodies]
    assert any(None in row.values() for row in rows)
    assert any(row["purpose"] == "unknown" for row in rows)
    features = Encoder(card.input).rows(rows).features  # type: ignore[arg-type]  # it is a table's
    many = np.tile(features, (MAX_BATCH_SIZE // len(features) + 1, 1))[:MAX_BATCH_SIZE]
    with TemporaryServer(home / "repository", [LOANS]) as server:
        answers = server.infer(LOANS, {"features": features}, ["probabilities"])["probabilities"]
        whole = server.infer(LOANS, {"features": many}, ["probabilities"])["probabilities"]
    np.testing.assert_allclose(answers, golden.probabilities, atol=1e-5)
    np.testing.assert_allclose(whole[: len(answers)], answers, atol=1e-6)


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_s_explanations_add_up_to_what_the_server_answers(home: Path, version: int) -> None:
    name = ModelVersion("loans", version)
    card = ModelRepository(home / "repository").card(name)
    assert card.explanation is not None
    assert (card.explanation.label, card.explanation.scale) == ("bad", "log-odds")
    explainer = Explainer.read(home / "repository" / str(name) / card.explanation.file)
    golden = GoldenExamples.read(home / "repository" / str(name) / GOLDEN)
    for row, (_, bad) in zip(golden.tensors[:50], golden.probabilities[:50], strict=True):
        base, contributions = explainer.contributions(row)
        assert 1 / (1 + np.exp(-(base + contributions.sum()))) == pytest.approx(bad, abs=1e-5)


def test_the_supervisor_probes_a_table_with_a_golden_row(home: Path, tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    shutil.copytree(home / "repository" / str(LOANS), rig.repository / str(LOANS))
    rig.serve(loans=(1,))
    golden = GoldenExamples.read(rig.repository / str(LOANS) / GOLDEN)
    card = ModelRepository(rig.repository).card(LOANS)
    probe = Probe.of(card, rig.repository / str(LOANS), pb.ModelConfig())
    np.testing.assert_array_equal(probe._inputs["features"], golden.tensors[:1])
    with Supervisor(rig.settings) as supervisor:
        supervisor.wait_ready(PATIENCE_S)
        with Client(f"127.0.0.1:{rig.settings.grpc_port}") as client:
            answer = client.infer(str(LOANS), {"features": golden.tensors[:1]}, ["probabilities"])["probabilities"]
    np.testing.assert_allclose(answer, golden.probabilities[:1], atol=1e-5)


def spoil(run: Path, part: str) -> None:
    golden = GoldenExamples.read(run / GOLDEN)
    changed: dict[str, Any] = {**vars(golden)}
    if part == "probabilities":
        changed[part] = golden.probabilities + np.float32(2e-4)
    else:
        changed[part] = np.where(np.arange(len(golden.tensors[0])) == 0, golden.tensors + 1, golden.tensors)
    GoldenExamples(**changed).write(run / GOLDEN)


@pytest.mark.parametrize(("part", "words"), [("probabilities", "allowed is 1e-04"), ("tensors", "another tensor")])
def test_a_version_that_answers_otherwise_never_becomes_visible(
    run: Path, tmp_path: Path, part: str, words: str
) -> None:
    spoil(run, part)
    with pytest.raises(GateFailed, match=words):
        publish_table(run, tmp_path / "repository")
    assert ModelRepository(tmp_path / "repository").all_versions() == []


def test_a_version_that_loses_accuracy_over_the_served_path_never_becomes_visible(run: Path, tmp_path: Path) -> None:
    examples = read_test(run / TEST)
    np.savez(run / TEST, features=examples.tensors, targets=1 - examples.labels)
    with pytest.raises(GateFailed, match="the trained model"):
        publish_table(run, tmp_path / "repository")
    assert ModelRepository(tmp_path / "repository").all_versions() == []


def test_a_graph_that_older_servers_can_not_load_is_refused(run: Path, tmp_path: Path) -> None:
    model = onnx.load(run / MODEL)
    model.ir_version = 11
    onnx.save(model, run / MODEL)
    with pytest.raises(GraphUnsupported):
        publish_table(run, tmp_path / "repository")


def test_the_command_publishes_the_newest_run_whatever_it_learned_from(home: Path, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    said = invoke(publish_command, "--repository", repository, "--dry-run", runs=home / "runs")
    assert "it would be published as loans version 1" in said
    assert not ModelRepository(repository).all_versions()


def test_a_run_that_is_killed_before_its_record_is_none(run: Path, tmp_path: Path) -> None:
    (run / RECORD).unlink()
    with pytest.raises(Exception, match="no finished run"):
        TableRunRecord.read(run)


def test_two_versions_are_compared_row_by_row(home: Path, tmp_path: Path) -> None:
    arguments = ("--repository", home / "repository", "--json", "--out", tmp_path / "page.html")
    said = json.loads(invoke(report_command, "loans", "--compare", 1, 2, *arguments))
    assert said["comparable"]
    assert "on the same test rows" in said["statements"]["Figures side by side"]
    assert "Only version 2 is right" in said["statements"]
    assert (tmp_path / "page.html").stat().st_size < 3_000_000


def test_a_report_is_made_anew_from_the_version_alone(home: Path, tmp_path: Path) -> None:
    published = json.loads(invoke(report_command, "loans:1", "--repository", home / "repository", "--json"))
    arguments = ("--repository", home / "repository", "--json", "--out", tmp_path / "page.html")
    again = json.loads(invoke(report_command, "loans:1", *arguments))
    assert again["statements"] == published["statements"]
    assert "Risk bands" in again["statements"]


def test_tuning_says_that_it_is_for_pictures(home: Path) -> None:
    with pytest.raises(RequestInvalid, match="loans-v1 is a model of tables"):
        CliRunner().invoke(tune, ["loans:1", "--repository", str(home / "repository")], catch_exceptions=False)


def test_fine_tuning_says_that_it_is_for_pictures(home: Path) -> None:
    arguments = ["pets", "--data", str(home), "--from", "loans:1", "--repository", str(home / "repository")]
    with pytest.raises(ParentUnfit, match="loans-v1 is a model of tables"):
        CliRunner().invoke(train, arguments, catch_exceptions=False)


def test_the_table_of_results_has_a_line_for_each_run(home: Path) -> None:
    _, _, *lines = results.table(results.finished(home / "runs"))
    records = [TableRunRecord.read(folder) for folder in sorted((home / "runs").iterdir())]
    assert [line.split(" | ")[0] for line in lines] == [f"| {record.model}" for record in records]
    assert f"| {records[0].evaluation.roc_auc:.4f} |" in lines[0]
    assert all(f"({record.findings.folds} folds)" in line for line, record in zip(lines, records, strict=True))


def test_a_recipe_that_fails_leaves_no_run(home: Path, tmp_path: Path) -> None:
    shutil.copyfile(home / "loans.csv", tmp_path / "loans.csv")
    columns = [{**column, "maximum": 20} if column["name"] == "age" else column for column in RECIPE["columns"]]
    recipe = write_recipe(tmp_path, {"columns": columns})
    with pytest.raises(Exception, match="age"):
        CliRunner().invoke(
            train, [str(recipe)], env={"TRAINING_RUNS_DIR": str(tmp_path / "runs")}, catch_exceptions=False
        )
    assert list(RunStore(tmp_path / "runs").root.iterdir()) == []
