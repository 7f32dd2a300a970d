"""Settings of models that sleep."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.settings_group import SettingsGroup


class WakingSettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_WAKE…`); frozen."""

    wake: Literal["off", "on"] = "off"
    """`on`: models may have no replica while nobody asks for them; the gateway counts who asks, by which an autoscaler
    wakes them. `off`: a model without a replica is broken."""
    wake_hold_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    """Seconds that a request may wait for a sleeping model; after that, or at once with 0, the answer is 503."""
    wake_max_held: Annotated[int, Field(ge=1)] = 64
    """Requests that may wait for a sleeping model; beyond that the answer is 503 at once."""
    wake_retry_s: Annotated[int, Field(ge=1, le=3600)] = 15
    """The answer's `Retry-After`: seconds after which a sleeping model is expected to answer."""
