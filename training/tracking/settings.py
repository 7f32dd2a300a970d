"""Settings of tracking."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

TrackerName = Literal["mlflow", "wandb"]


class TrackingSettings(BaseSettings):
    """Where runs are tracked. Credentials come by the trackers' own variables, such as `MLFLOW_TRACKING_TOKEN`."""

    model_config = SettingsConfigDict(
        env_prefix="TRAINING_",
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        use_attribute_docstrings=True,
        validate_default=True,
    )

    tracking: Annotated[tuple[TrackerName, ...], NoDecode] = ("mlflow",)
    """Where runs are tracked: `mlflow`, `wandb`, or both with a comma or as a JSON list; `none` for nowhere."""
    tracking_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """Seconds that a finished run waits for its trackers at most, once they have started."""
    mlflow_uri: str = "sqlite:///.trireme/mlflow/mlflow.db"
    """MLflow's store: a database (`sqlite:///…`), or the address of a server (`https://…`)."""
    mlflow_artifacts: str = ".trireme/mlflow/artifacts"
    """Folder of MLflow's artefacts, or a bucket's address; a server has a place of its own."""
    mlflow_experiment: str | None = None
    """MLflow's experiment; by default one a model, with the model's name."""
    wandb_project: str = "trireme"
    """Project in Weights & Biases."""
    wandb_mode: Literal["offline", "online"] = "offline"
    """`offline`: nothing leaves this machine until `wandb sync`. `online`: runs are sent while they go on."""
    wandb_dir: Path = Path(".trireme/wandb")
    """Folder of all files of Weights & Biases."""

    @field_validator("tracking", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            return json.loads(value)
        names = [name.strip() for name in value.split(",") if name.strip()]
        return [] if names == ["none"] else names
