"""Settings of rollouts."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator

from gateway.settings_group import SettingsGroup

Seconds = Annotated[float, Field(gt=0)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?$")]


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
    rollout_slots: Name | None = None
    """On Kubernetes: the ConfigMap with the templates of models' InferenceServices, two slots each, which this gateway
    makes and changes; empty: somebody else sees to what is loaded."""
    rollout_namespace: Name | None = None
    """The slots' namespace; empty: the gateway's own."""
    rollout_kubeconfig: Path | None = None
    """File that says how to reach Kubernetes for the slots; empty: by the account of the gateway's pod."""
    rollout_warm_s: Seconds = 600.0
    """Seconds for which the version that was stable before keeps its slot, so that a rollback finds it loaded."""
    shadow_queue: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Copies of requests for shadow versions that may wait or be in work; beyond that they are dropped."""

    @field_validator("rollout_policies", "rollout_slots", "rollout_namespace", "rollout_kubeconfig", mode="before")
    @classmethod
    def _unset_where_empty(cls, value: Any) -> Any:
        return None if value == "" else value
