"""Settings of the command: where things lie on a laptop."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class TriremeSettings(BaseSettings):
    """Read once from the environment (`TRIREME_…`) and `.env`; frozen."""

    model_config = SettingsConfigDict(
        env_prefix="TRIREME_",
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        use_attribute_docstrings=True,
    )

    repository: Path = Path("model_repository")
    """Folder of the model repository that `publish`, `models` and `serve` work on."""
    state_dir: Path = Path(".trireme")
    """Folder for what runs leave: training runs, `served.json`, locks; also the database and the journals of
    predictions, unless `GATEWAY_DATABASE` and `GATEWAY_LOG_SPILL` say where they are."""
    served_versions: int = Field(default=2, ge=1, le=20)
    """How many of a model's newest versions `trireme serve` keeps loaded at least; without rollouts
    (`GATEWAY_ROLLOUT=off`) the newest is the stable one."""
    start_timeout_s: float = Field(default=120.0, gt=0)
    """Seconds after which `trireme serve` gives up when models don't become ready."""
    url: str = "http://127.0.0.1:8080"
    """Address of the gateway that `trireme predict`, `upload`, `retrain`, `evaluate`, `jobs`, `versions`, `canary`,
    `promote` and `rollback` speak with."""
    api_key: SecretStr | None = None
    """API key, or token, that these show to the gateway."""

    @property
    def served(self) -> Path:
        """Where the list of served versions lies."""
        return self.state_dir / "served.json"
