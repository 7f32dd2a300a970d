"""The gateway's settings as every verb on this machine takes them."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from gateway.settings import GatewaySettings
from trireme.settings import TriremeSettings


def gateway_settings(settings: TriremeSettings, **given: Any) -> GatewaySettings:
    """The gateway's settings, with the database and the journals in the state folder unless the user says where.

    On loopback nobody is asked who they are unless the user's own settings say so.
    """
    given = {**_state(settings.state_dir), **given}
    found = GatewaySettings(**given)
    is_chosen = "auth" in found.model_fields_set
    return found if is_chosen or not found.is_loopback else GatewaySettings(**given, auth="off")


def _state(folder: Path) -> dict[str, Any]:
    ours = {"database": SecretStr(f"sqlite:///{folder}/trireme.db"), "log_spill": folder / "predictions"}
    chosen = GatewaySettings(auth="off", host="127.0.0.1").model_fields_set
    return {name: value for name, value in ours.items() if name not in chosen}
