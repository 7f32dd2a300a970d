"""How the libraries behave in the trackers' process, where the user's environment doesn't say otherwise."""

from collections.abc import Mapping
from pathlib import Path

from training.tracking.settings import TrackingSettings

REQUESTS_IN_PATIENCE = 3
"""One request to a server may take a third of what a finished run waits."""
LONGEST_REQUEST_S = 10


def environment(settings: TrackingSettings, given: Mapping[str, str]) -> dict[str, str]:
    """The environment `given`, completed."""
    return {**MLFLOW, **WANDB, **_of(settings), **given}


def _of(settings: TrackingSettings) -> dict[str, str]:
    folder = Path(settings.wandb_dir).absolute()
    request_s = min(LONGEST_REQUEST_S, max(1, int(settings.tracking_timeout_s / REQUESTS_IN_PATIENCE)))
    return {
        "MLFLOW_HTTP_REQUEST_TIMEOUT": str(request_s),
        "WANDB_CACHE_DIR": str(folder / "cache"),
        "WANDB_CONFIG_DIR": str(folder / "config"),
        "WANDB_DATA_DIR": str(folder / "data"),
    }


MLFLOW = {
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # What can't be delivered now is delivered with the next note.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
}
WANDB = {
    "WANDB_CONSOLE": "off",
    "WANDB_DISABLE_CODE": "true",
    "WANDB_DISABLE_GIT": "true",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_SILENT": "true",
}
