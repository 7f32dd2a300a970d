"""A real MLflow server that answers over HTTP."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from rich.console import Console

from contract.names import ModelVersion
from contract.repository import ModelRepository
from tests.support.finished import finished_run
from tests.support.mlflow_server import mlflow_server
from tests.support.tracked import tracked
from tests.support.versions import make_version
from training.publish.publisher import Publication
from training.runs import RunRecord
from training.settings import TrainingSettings
from training.tracking.facts import outcome_of, run_of
from training.tracking.notes import Point
from training.tracking.registry import VERSION
from training.tracking.tracking import set_aliases, track_publication, track_report, tracked_run, tracking

# MLflow's own ways with SQLAlchemy are not for us to change; its server takes long to start.
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("server")) as address:
        yield address


def test_runs_reports_versions_and_aliases_come_to_a_server(server: str, tmp_path: Path) -> None:
    settings = TrainingSettings(_env_file=None, tracking=("mlflow",), mlflow_uri=server, tracking_timeout_s=300)
    said = io.StringIO()
    console, repository = Console(file=said, width=300), ModelRepository(tmp_path / "repository")
    folder = finished_run(tmp_path / "runs", "20260101-000000-abcdef", seed=1)
    record = RunRecord.read(folder)
    with tracked_run(settings, console, run_of("cifar10", record.lineage)) as tracker:
        tracker.epoch(Point(number=1, metrics={"loss": 0.5}))
        tracker.finish(outcome_of(record, folder))
    (folder / "report.html").write_text("the report")
    for number in (1, 2):
        make_version(repository.root, "cifar10", number)
    with tracking(settings, console) as tracker:
        track_report(tracker, record, folder)
        for number in (1, 2):
            name = ModelVersion("cifar10", number)
            track_publication(tracker, Publication(repository.card(name), repository.folder(name)))
    set_aliases(settings, console, repository, model="cifar10", champion=2)
    assert said.getvalue() == ""
    check(MlflowClient(server, server), server, record)


def check(client: MlflowClient, server: str, record: RunRecord) -> None:
    run, files = tracked(server, "cifar10", record.id)
    assert (run.info.status, run.data.metrics["loss"]) == ("FINISHED", 0.5)
    assert run.data.metrics["test_accuracy"] == pytest.approx(record.evaluation.accuracy)
    assert files >= {"report.html", "run.json", "plan.json"}
    champion = client.get_model_version_by_alias("cifar10", "champion")
    assert champion.tags[VERSION] == "2"
    assert champion.run_id is not None
    kept = {item.path.rpartition("/")[2] for item in client.list_artifacts(champion.run_id, "versions/cifar10-v2")}
    assert kept >= {"card.json", "config.pbtxt", "labels.txt"}
