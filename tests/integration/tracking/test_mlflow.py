"""What is found in a real MLflow store afterwards."""

import shutil
import warnings
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run as StoredRun

from training.tracking.mlflow import REASON, RUN, MlflowTracker
from training.tracking.notes import Alias, Aliases, Ending, Outcome, Point, Run, Version
from training.tracking.registry import VERSION
from training.tracking.settings import TrackingSettings
from training.tracking.stores import open_store

# MLflow's own ways with SQLAlchemy and pydantic are not for us to change.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
MODEL = "cats-dogs"


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without any run; making one takes MLflow seconds."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def settings(tmp_path: Path, empty_store: Path) -> TrackingSettings:
    (tmp_path / "mlflow").mkdir()
    shutil.copyfile(empty_store, tmp_path / "mlflow/mlflow.db")
    return TrackingSettings(
        _env_file=None,
        mlflow_uri=f"sqlite:///{tmp_path}/mlflow/mlflow.db",
        mlflow_artifacts=str(tmp_path / "artifacts"),
    )


@pytest.fixture
def client(settings: TrackingSettings) -> MlflowClient:
    return MlflowClient(settings.mlflow_uri, settings.mlflow_uri)


@pytest.fixture
def tracker(settings: TrackingSettings) -> MlflowTracker:
    return MlflowTracker(settings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What runs and versions leave."""
    folder = tmp_path / "folder"
    for file in ("report.html", "plots/roc.png", "1/model.onnx", "golden.parquet"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(file)
    return folder


def run(name: str = "20260101-000000-abcdef", **parameters: object) -> Run:
    content = {"id": name, "model": MODEL, "parameters": parameters, "tags": {"trireme.code": "1.0"}}
    return Run.model_validate(content)


def point(number: int, loss: float = 0.5) -> Point:
    return Point(number=number, metrics={"loss": loss})


def outcome(folder: Path, **parameters: object) -> Outcome:
    files = ("report.html", "plots/roc.png")
    figures = {"test_accuracy": 0.9}
    content = {"parameters": parameters, "tags": {"trireme.source": "x"}, "metrics": figures}
    return Outcome.model_validate({**content, "folder": folder, "files": files})


def version(number: int, folder: Path, of: Run | None = None) -> Version:
    files = ("1/model.onnx", "report.html")
    return Version(run=of or run(), version=number, first=number == 1, metrics={}, folder=folder, files=files)


def stored(client: MlflowClient) -> list[StoredRun]:
    experiment = client.get_experiment_by_name(MODEL)
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id]))


def artifacts(client: MlflowClient, place: str | None = None) -> set[str]:
    found: set[str] = set()
    for item in client.list_artifacts(stored(client)[0].info.run_id, place):
        found |= artifacts(client, item.path) if item.is_dir else {item.path}
    return found


def test_a_run_s_parameters_epochs_figures_and_files_are_kept(
    tracker: MlflowTracker, client: MlflowClient, folder: Path
) -> None:
    tracker.start(run(epochs=2, search={"kind": "grid", "space": [1, 2]}))
    tracker.epoch(point(1, loss=0.5))
    tracker.epoch(point(2, loss=0.25))
    tracker.finish(outcome(folder, epochs=2, parameters={"num_leaves": 8}))
    (found,) = stored(client)
    assert found.data.params == {
        "epochs": "2",
        "search.kind": "grid",
        "search.space": "[1, 2]",
        "parameters.num_leaves": "8",
    }
    assert found.data.metrics == {"loss": 0.25, "test_accuracy": 0.9}
    history = client.get_metric_history(found.info.run_id, "loss")
    assert [(metric.step, metric.value) for metric in history] == [(1, 0.5), (2, 0.25)]
    assert found.data.tags.items() >= {RUN: run().id, "trireme.code": "1.0", "trireme.source": "x"}.items()
    assert found.info.status == "FINISHED"
    assert artifacts(client) == {"report.html", "plots/roc.png"}


def test_an_interrupted_run_goes_on_as_the_same_run_and_has_each_epoch_once(
    settings: TrackingSettings, client: MlflowClient, folder: Path
) -> None:
    first = MlflowTracker(settings)
    first.start(run(epochs=3))
    first.epoch(point(1))
    first.fail(Ending(reason="Interrupted.", interrupted=True))
    assert stored(client)[0].info.status == "KILLED"
    second = MlflowTracker(settings)
    second.start(run(epochs=3))
    assert stored(client)[0].info.status == "RUNNING"
    for number in (1, 2, 3):
        second.epoch(point(number))
    second.finish(outcome(folder))
    (found,) = stored(client)
    steps = [metric.step for metric in client.get_metric_history(found.info.run_id, "loss")]
    assert steps == [1, 2, 3]
    assert found.info.status == "FINISHED"


def test_a_run_that_fails_says_why(tracker: MlflowTracker, client: MlflowClient) -> None:
    tracker.start(run())
    tracker.fail(Ending(reason="Training diverged.", interrupted=False))
    tracker.close()
    (found,) = stored(client)
    assert found.info.status == "FAILED"
    assert found.data.tags[REASON] == "Training diverged."


def test_a_run_whose_process_was_killed_does_not_stay_at_work(tracker: MlflowTracker, client: MlflowClient) -> None:
    tracker.start(run())
    tracker.close()
    assert stored(client)[0].info.status == "KILLED"


def test_runs_are_told_apart(tracker: MlflowTracker, client: MlflowClient, folder: Path) -> None:
    for name in ("a", "b"):
        tracker.start(run(name))
        tracker.finish(outcome(folder))
    assert {found.data.tags[RUN] for found in stored(client)} == {"a", "b"}


def test_the_first_version_is_the_champion_and_later_ones_challenge_it(
    tracker: MlflowTracker, client: MlflowClient, folder: Path
) -> None:
    tracker.start(run())
    tracker.finish(outcome(folder))
    for number in (1, 2, 3):
        tracker.published(version(number, folder))
    champion, challenger = (client.get_model_version_by_alias(MODEL, name) for name in ("champion", "challenger"))
    assert champion.tags[VERSION] == "1"
    assert challenger.tags[VERSION] == "3"
    (found,) = stored(client)
    assert champion.run_id == found.info.run_id
    assert champion.source == f"{found.info.artifact_uri}/versions/{MODEL}-v1"
    assert artifacts(client, f"versions/{MODEL}-v1") == {
        f"versions/{MODEL}-v1/1/model.onnx",
        f"versions/{MODEL}-v1/report.html",
    }


def test_a_version_that_is_told_twice_is_registered_once(
    tracker: MlflowTracker, client: MlflowClient, folder: Path
) -> None:
    for _ in range(2):
        tracker.published(version(1, folder))
    assert len(client.search_model_versions(f"name = '{MODEL}'")) == 1
    assert aliases(client) == {"champion": "1"}


def test_a_version_of_another_repository_is_another_one(
    tracker: MlflowTracker, client: MlflowClient, folder: Path
) -> None:
    tracker.published(version(1, folder, run("here")))
    tracker.published(version(1, folder, run("there")))
    assert len(client.search_model_versions(f"name = '{MODEL}'")) == 2


def test_a_version_whose_run_was_not_tracked_gets_one(
    tracker: MlflowTracker, client: MlflowClient, folder: Path
) -> None:
    tracker.published(version(1, folder, run("imported", opset=17)))
    (found,) = stored(client)
    assert found.data.params == {"opset": "17"}
    assert found.info.status == "FINISHED"


def test_aliases_move_when_they_are_told_to(tracker: MlflowTracker, client: MlflowClient, folder: Path) -> None:
    for number in (1, 2):
        tracker.published(version(number, folder))
    tracker.aliases(Aliases(model=MODEL, aliases=(alias("champion", 2), alias("challenger", 0))))
    assert aliases(client) == {"champion": "2"}
    tracker.aliases(Aliases(model=MODEL, aliases=(alias("champion", 1), alias("challenger", 0))))
    assert aliases(client) == {"champion": "1"}


def test_a_version_that_was_published_untracked_is_registered_where_it_lies(
    tracker: MlflowTracker, client: MlflowClient, folder: Path
) -> None:
    tracker.published(version(2, folder))
    champion = alias("champion", 1).model_copy(update={"folder": folder})
    tracker.aliases(Aliases(model=MODEL, aliases=(champion, alias("challenger", 2))))
    found = {name: client.get_model_version_by_alias(MODEL, name) for name in ("champion", "challenger")}
    assert {name: one.tags["trireme.version"] for name, one in found.items()} == {"champion": "1", "challenger": "2"}
    assert found["champion"].source == folder.as_uri()


def test_an_alias_that_can_not_be_moved_keeps_no_other_from_it(
    tracker: MlflowTracker, client: MlflowClient, folder: Path
) -> None:
    tracker.published(version(2, folder))
    with pytest.raises(LookupError, match="version 7"):
        tracker.aliases(Aliases(model=MODEL, aliases=(alias("champion", 7), alias("challenger", 2))))
    assert aliases(client)["challenger"] == "1"


def test_a_version_that_was_never_registered_gets_no_alias(tracker: MlflowTracker, client: MlflowClient) -> None:
    with pytest.raises(LookupError, match="version 7"):
        tracker.aliases(Aliases(model=MODEL, aliases=(alias("champion", 7),)))


def aliases(client: MlflowClient) -> dict[str, str]:
    return {name: str(number) for name, number in client.get_registered_model(MODEL).aliases.items()}


def alias(name: str, number: int) -> Alias:
    return Alias.model_validate({"name": name, "version": number})


def test_odd_names_and_very_many_long_parameters_are_taken(tracker: MlflowTracker, client: MlflowClient) -> None:
    many = {f"column {number} (€)": "x" * 10_000 for number in range(150)}
    tracker.start(run("it's odd", **many))
    tracker.start(run("it's odd", **many))
    assert len(stored(client)) == 1
    assert len(stored(client)[0].data.params) == 150


def test_all_runs_may_share_an_experiment(settings: TrackingSettings, client: MlflowClient) -> None:
    MlflowTracker(settings.model_copy(update={"mlflow_experiment": "everything"})).start(run())
    assert client.get_experiment_by_name("everything") is not None
    assert client.get_experiment_by_name(MODEL) is None


def test_a_store_whose_making_was_killed_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / ".mlflow.db.new").write_bytes(b"half of a database")
    open_store(TrackingSettings(_env_file=None, mlflow_uri=f"sqlite:///{tmp_path}/mlflow.db")).search_experiments()
    assert (tmp_path / "mlflow.db").is_file()
    assert not (tmp_path / ".mlflow.db.new").exists()
