"""Settings of rollouts."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from gateway.settings_group import SettingsGroup

Seconds = Annotated[float, Field(gt=0)]


class RolloutSettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_ROLLOUT…`); frozen."""

    rollout: Literal["on", "off"] = "on"
    """`on`: the database says which version of a model answers. `off`: the list of served versions does."""
    rollout_policies: Path | None = None
    """YAML file with what becomes of each model's new versions, read at the start; empty: once it is proven, a new
    version is promoted."""
    rollout_interval_s: Seconds = 1.0
    """Seconds between two looks at the traffic of models; every gateway follows a change within twice that."""
    rollout_lease_s: Annotated[float, Field(ge=2)] = 10.0
    """Seconds without a sign of life after which another gateway keeps the rollouts."""
    rollout_smoke_timeout_s: Seconds = 30.0
    """Seconds for the answer to a call with golden examples."""
    rollout_judge_interval_s: Seconds = 10.0
    """Seconds between two looks of the judge at a canary."""
    shadow_queue: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Copies of requests for shadow versions that may wait or be in work; beyond that they are dropped."""

    @field_validator("rollout_policies", mode="before")
    @classmethod
    def _unset_where_empty(cls, value: Any) -> Any:
        return None if value == "" else value
