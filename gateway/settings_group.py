"""What all groups of the gateway's settings have in common."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsGroup(BaseSettings):
    """Settings of one part; `gateway.settings` joins the groups, so that one object holds and checks all of them.

    A part takes its own group's type, which the whole is.
    """

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", env_file=".env", extra="ignore", frozen=True, use_attribute_docstrings=True
    )
