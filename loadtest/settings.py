"""Settings of the load tests with Locust."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Kind = Literal["predict", "batch", "browse", "spike"]
Weight = Annotated[int, Field(ge=0)]
EXAMPLES = Path("examples")


class LoadTestSettings(BaseSettings):
    """Read once from the environment (`LOADTEST_…`); frozen. `trireme load run` sets them from its options."""

    model_config = SettingsConfigDict(
        env_prefix="LOADTEST_",
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        use_attribute_docstrings=True,
    )

    model: str = "cifar10"
    """Model that the users ask."""
    input: Literal["pictures", "rows"] = "pictures"
    """What the model takes: `pictures` or `rows`."""
    data: Path = EXAMPLES
    """What they send: a folder of pictures, or a file of rows (CSV, Parquet, or JSON Lines: `.jsonl`)."""
    samples: int = Field(default=1000, ge=1, le=100_000)
    """How many of those pictures or rows are held in memory at most."""
    scenario: str = ""
    """Scenario that sets how many users there are over time; empty: Locust's own options and page do."""
    users: int | None = Field(default=None, ge=1)
    """Users at the peak; empty: as the scenario says."""
    seconds: float | None = Field(default=None, gt=0)
    """How long the scenario takes; empty: as it says itself."""
    mix: dict[Kind, Weight] = Field(default={"predict": 14, "batch": 2, "browse": 3, "spike": 1})
    """How many of the users are of each kind, as weights in a JSON object."""
    think_s: tuple[float, float] = (0.5, 1.5)
    """Least and most seconds that a user waits between an answer and the next request, as a JSON list."""
    batch: int = Field(default=16, ge=1, le=1000)
    """Pictures or rows in one request of a `batch` user."""
    spike: int = Field(default=20, ge=1, le=1000)
    """Requests that a `spike` user sends at once."""
    spike_pause_s: tuple[float, float] = (20.0, 40.0)
    """Least and most seconds between two of its spikes, as a JSON list."""
    timeout_s: float = Field(default=30.0, gt=0)
    """Seconds after which a user gives a request up, which counts as a failure."""
    hosts: tuple[str, ...] = ()
    """Addresses of gateways that the users spread themselves over, as a JSON list; empty: Locust's own host."""
    requests: Path | None = None
    """Parquet file that gets each request; empty: none."""
