"""Where MLflow's things lie."""

from pathlib import Path

from filelock import FileLock
from mlflow import MlflowClient

from training.tracking.settings import TrackingSettings

SQLITE = "sqlite:///"


def open_store(settings: TrackingSettings) -> MlflowClient:
    """MLflow's store, made where it is a SQLite database that isn't there yet."""
    uri = settings.mlflow_uri
    if uri.startswith(SQLITE):
        _make(Path(uri.removeprefix(SQLITE)))
    return MlflowClient(uri, uri)


def _make(database: Path) -> None:
    """Make a database aside first: MLflow never repairs one whose making was killed, or done by two at a time."""
    if database.exists():
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    aside = database.with_name(f".{database.name}.new")
    with FileLock(aside.with_suffix(".lock")):
        if not database.exists():
            aside.unlink(missing_ok=True)
            MlflowClient(f"{SQLITE}{aside}", f"{SQLITE}{aside}").search_experiments()
            aside.rename(database)


def artifact_location(settings: TrackingSettings, experiment: str) -> str | None:
    """Where a new experiment keeps its artefacts; None where the server decides."""
    if settings.mlflow_uri.startswith(("http://", "https://")):
        return None
    place = settings.mlflow_artifacts
    root = place if "://" in place else Path(place).absolute().as_uri()
    return f"{root}/{experiment}"
