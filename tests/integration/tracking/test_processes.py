"""Training, with the trackers' process beside it."""

import io
import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from rich.console import Console
from typer.testing import CliRunner

from contract.repository import ModelRepository
from tests.integration.tracking.conftest import Listener
from tests.integration.training.test_training import Interrupt
from tests.support.cifar10 import sample
from tests.support.credit_table import write_recipe
from tests.support.finished import finished_run
from tests.support.trained import quiet_settings, sample_plan
from tests.support.versions import make_version
from tests.support.wandb_file import records
from training.cli import train
from training.job import TrainingJob
from training.plan import RunPlan
from training.publish.publisher import Publication
from training.run_store import RunStore
from training.runs import RunRecord
from training.settings import TrainingSettings
from training.tracking.registry import VERSION
from training.tracking.tracking import set_aliases, track_publication, track_report, tracking

# MLflow's own ways with SQLAlchemy are not for us to change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def tracked_settings(root: Path, **changes: Any) -> TrainingSettings:
    places = {"mlflow_uri": f"sqlite:///{root}/mlflow.db", "mlflow_artifacts": str(root / "artifacts")}
    return quiet_settings(root).model_copy(update={**places, "wandb_dir": root / "wandb", **changes})


def store(settings: TrainingSettings) -> MlflowClient:
    return MlflowClient(settings.mlflow_uri, settings.mlflow_uri)


def only_run(client: MlflowClient, model: str) -> Any:
    experiment = client.get_experiment_by_name(model)
    assert experiment is not None
    (found,) = client.search_runs([experiment.experiment_id])
    return found


def job(plan: RunPlan, settings: TrainingSettings, said: io.StringIO) -> TrainingJob:
    return TrainingJob(plan, sample(), settings, Console(file=said, width=300))


def interrupted_and_resumed(settings: TrainingSettings, monkeypatch: pytest.MonkeyPatch) -> tuple[RunPlan, str]:
    """A run of two epochs that was interrupted in the second one, and what was told."""
    said, runs = io.StringIO(), RunStore(settings.runs_dir)
    plan = sample_plan(runs.new_id(), epochs=2)
    runs.create(plan)
    with monkeypatch.context() as patch:
        patch.setattr("training.job.TrainingDisplay", lambda *_: Interrupt(12))
        with pytest.raises(KeyboardInterrupt):
            job(plan, settings, said).run(runs)
    job(plan, settings, said).run(runs)
    return plan, said.getvalue()


def test_an_interrupted_run_of_pictures_is_one_run_in_both_trackers_and_nothing_leaves_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, black_hole: Listener
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "WANDB_BASE_URL"):
        monkeypatch.setenv(name, black_hole.url)
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)  # a user who is logged in
    settings = tracked_settings(tmp_path, tracking=("mlflow", "wandb"))
    plan, said = interrupted_and_resumed(settings, monkeypatch)
    check_mlflow(store(settings))
    check_wandb(tmp_path / "wandb", plan.id)
    assert black_hole.calls == 0
    assert "away" not in said
    assert "wandb" not in said


def check_mlflow(client: MlflowClient) -> None:
    found = only_run(client, "cifar10")
    epochs = client.get_metric_history(found.info.run_id, "validation_accuracy")
    assert [metric.step for metric in epochs] == [1, 2]
    assert found.info.status == "FINISHED"
    assert found.data.metrics.keys() >= {"loss", "test_accuracy", "test_macro_f1"}
    assert (found.data.params["architecture"], found.data.params["seed"]) == ("fast", "0")
    kept = {item.path for item in client.list_artifacts(found.info.run_id)}
    assert kept == {"report.html", "report.json", "run.json", "plan.json", "plots"}


def check_wandb(folder: Path, run: str) -> None:
    assert {begun.run_id for begun in records(folder, "run")} == {run}
    assert [point.step.num for point in records(folder, "history")][-2:] == [1, 2]
    (artifact,) = records(folder, "artifact")
    assert "report.html" in {file.path for file in artifact.manifest.contents}


@pytest.mark.parametrize("place", ["a port where nobody listens", "a server that never answers"])
def test_a_dead_server_costs_a_run_nothing_but_the_patience_that_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, black_hole: Listener, place: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    never_answers = place == "a server that never answers"
    given = {"TRACKING": "mlflow", "MLFLOW_URI": black_hole.url if never_answers else closed}
    given |= {"TRACKING_TIMEOUT_S": "3", "RUNS_DIR": str(tmp_path / "runs")}
    for name, value in given.items():
        monkeypatch.setenv(f"TRAINING_{name}", value)
    recipe = write_recipe(tmp_path)
    begun = time.monotonic()
    done = CliRunner().invoke(train, [str(recipe), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["record"]["evaluation"]["accuracy"] > 0.5
    assert time.monotonic() - begun < 60
    assert sum("MLflow is away" in line or "didn't finish" in line for line in done.stderr.splitlines()) >= 1
    assert "Traceback" not in done.stderr


def test_a_recipe_s_tries_figures_and_version_are_found_in_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tracked_settings(tmp_path)
    for name in ("runs_dir", "mlflow_uri", "mlflow_artifacts"):
        monkeypatch.setenv(f"TRAINING_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("TRAINING_TRACKING", "mlflow")
    search = {"kind": "random", "trials": 2, "space": {"num_leaves": [4, 8, 16]}}
    recipe, repository = write_recipe(tmp_path, {"search": search}), tmp_path / "repository"
    done = CliRunner().invoke(train, [str(recipe), "--publish", "--repository", str(repository)])
    assert done.exit_code == 0, done.output
    check_run(store(settings))
    check_version(store(settings))


def check_run(client: MlflowClient) -> None:
    found = only_run(client, "loans")
    tries = [metric.step for metric in client.get_metric_history(found.info.run_id, "cv_roc_auc")]
    assert tries == [1, 2]
    assert found.data.params.items() >= {"estimator": "lightgbm", "search.kind": "random", "seed": "0"}.items()
    assert "parameters.num_leaves" in found.data.params
    assert found.data.metrics.keys() >= {"test_accuracy", "test_roc_auc", "test_ks"}


def check_version(client: MlflowClient) -> None:
    champion, run = client.get_model_version_by_alias("loans", "champion"), only_run(client, "loans").info.run_id
    assert (champion.run_id, champion.tags[VERSION]) == (run, "1")
    kept = {item.path.rpartition("/")[2] for item in client.list_artifacts(run, "versions/loans-v1")}
    assert kept >= {"1", "card.json", "config.pbtxt", "labels.txt", "report.html"}
    assert not kept & {"features.parquet", "golden.parquet", "answers.parquet", "explanation.npz", "reference.json"}


def test_versions_are_versions_of_one_artifact_whose_aliases_move(tmp_path: Path) -> None:
    settings, console = tracked_settings(tmp_path, tracking=("wandb",)), Console(file=io.StringIO(), width=300)
    repository = ModelRepository(tmp_path / "repository")
    with tracking(settings, console) as tracker:
        for number in (1, 2):
            card = repository.card(make_version(repository.root, version=number))
            track_publication(tracker, Publication(card, repository.folder(card.name)))
        track_publication(tracker, Publication(card, None))
    set_aliases(settings, console, repository, model="tiny", champion=2)
    first, second, again = records(tmp_path / "wandb", "artifact")
    assert {one.name for one in (first, second, again)} == {"tiny"}
    assert set(first.aliases) == {"tiny-v1", "champion", "latest"}
    assert set(second.aliases) == {"tiny-v2", "challenger", "latest"}
    assert {file.path for file in first.manifest.contents} >= {"card.json", "1/model.onnx", "labels.txt"}
    assert first.digest != second.digest == again.digest
    assert "champion" in again.aliases
    assert console.file.getvalue() == ""  # type: ignore[attr-defined]  # it is a StringIO


def test_a_report_that_was_made_later_is_a_version_of_its_run_s_artifact(tmp_path: Path) -> None:
    settings, said = tracked_settings(tmp_path, tracking=("wandb",)), io.StringIO()
    folder = finished_run(tmp_path / "runs", "20260101-000000-abcdef", seed=1)
    (folder / "report.html").write_text("the report")
    with tracking(settings, Console(file=said, width=300)) as tracker:
        track_report(tracker, RunRecord.read(folder), folder)
    (artifact,) = records(tmp_path / "wandb", "artifact")
    assert artifact.name == "run-20260101-000000-abcdef"
    assert {file.path for file in artifact.manifest.contents} == {"report.html", "run.json", "plan.json"}
    assert said.getvalue() == ""
