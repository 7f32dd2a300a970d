"""Settings of the look at autoscalers."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator

from gateway.settings_group import SettingsGroup

Seconds = Annotated[float, Field(gt=0)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?$")]


class AutoscalingSettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_AUTOSCALING…`); frozen."""

    autoscaling: Literal["off", "kubernetes"] = "off"
    """`kubernetes`: this gateway watches the HorizontalPodAutoscalers of its models, to explain what they do. `off`: it
    knows of none."""
    autoscaling_namespace: Name | None = None
    """Their namespace; empty: the gateway's own."""
    autoscaling_kubeconfig: Path | None = None
    """File that says how to reach Kubernetes for them; empty: by the account of the gateway's pod."""
    autoscaling_interval_s: Seconds = 5.0
    """Seconds between two looks; less than Kubernetes' own 15 s, so that no decision is missed."""
    autoscaling_kept_s: Annotated[float, Field(ge=60, le=86_400)] = 3600.0
    """Seconds for which what was seen is kept, in memory; Kubernetes keeps events for an hour."""

    @field_validator("autoscaling_namespace", "autoscaling_kubeconfig", mode="before")
    @classmethod
    def _none_where_empty(cls, value: Any) -> Any:
        return None if value == "" else value
