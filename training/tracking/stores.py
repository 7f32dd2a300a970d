"""Where MLflow's things lie."""

from pathlib import Path

from training.tracking.settings import TrackingSettings

SQLITE = "sqlite:///"


def tracking_uri(settings: TrackingSettings) -> str:
    """MLflow's store; makes the folder of a SQLite database, which SQLite doesn't."""
    uri = settings.mlflow_uri
    if uri.startswith(SQLITE):
        Path(uri.removeprefix(SQLITE)).parent.mkdir(parents=True, exist_ok=True)
    return uri


def artifact_location(settings: TrackingSettings, experiment: str) -> str | None:
    """Where a new experiment keeps its artefacts; None where the server decides."""
    if settings.mlflow_uri.startswith(("http://", "https://")):
        return None
    place = settings.mlflow_artifacts
    root = place if "://" in place else Path(place).absolute().as_uri()
    return f"{root}/{experiment}"
