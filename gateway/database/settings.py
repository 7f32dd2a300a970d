"""Settings of the database."""

from typing import Literal

from pydantic import Field, SecretStr

from gateway.settings_group import SettingsGroup


class DatabaseSettings(SettingsGroup):
    """Read once from the environment (`GATEWAY_DATABASE…`); frozen."""

    database: SecretStr = SecretStr("sqlite:///.trireme/trireme.db")
    """The database's URL: `sqlite:///<file>`, or `postgresql://user:password@host/name` for several gateways."""
    database_migrate: Literal["auto", "check"] = "auto"
    """`auto`: a start brings the schema up to date, one process at a time. `check`: a start with another schema fails;
    `trireme database upgrade` brings it up to date."""
    database_connections: int = Field(default=5, ge=1, le=100)
    """Connections to PostgreSQL that one gateway opens at most."""
    database_timeout_s: float = Field(default=5.0, gt=0)
    """Seconds for a connection to the database, for one statement, and for a pause inside a transaction."""
