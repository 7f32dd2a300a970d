"""Settings of drift."""

from typing import Annotated

from pydantic import Field

from gateway.settings_group import SettingsGroup


class DriftSettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_DRIFT_…`); frozen."""

    drift_rows: Annotated[int, Field(ge=100, le=1_000_000)] = 10_000
    """Predictions of the log that one look at drift reads at most; of more, a sample spread over the time asked for."""
    drift_min_rows: Annotated[int, Field(ge=20, le=1_000_000)] = 200
    """Predictions that tell a feature's value below which its verdict is `too-few`."""
    drift_pictures_per_s: Annotated[float, Field(gt=0, le=100_000)] = 20.0
    """Pictures of which the log keeps brightness, contrast and sharpness, a second on the average; `/v2` keeps all."""
