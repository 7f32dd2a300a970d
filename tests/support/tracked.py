"""What a real MLflow store keeps of a run."""

from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Run

from training.tracking.mlflow import RUN


def in_mlflow(folder: Path) -> dict[str, Any]:
    """Settings of training that track in MLflow below a folder."""
    uri, place = f"sqlite:///{folder}/mlflow/mlflow.db", str(folder / "mlflow/artifacts")
    return {"tracking": ("mlflow",), "mlflow_uri": uri, "mlflow_artifacts": place, "tracking_timeout_s": 300}


def tracked(uri: str, model: str, run: str) -> tuple[Run, set[str]]:
    """A run of ours, which must be there once, and the paths of its files."""
    client = MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name(model)
    assert experiment is not None
    (found,) = client.search_runs([experiment.experiment_id], f"tags.`{RUN}` = '{run}'")
    return found, _files(client, found.info.run_id)


def _files(client: MlflowClient, run: str, place: str | None = None) -> set[str]:
    found: set[str] = set()
    for item in client.list_artifacts(run, place):
        found |= _files(client, run, item.path) if item.is_dir else {item.path}
    return found
