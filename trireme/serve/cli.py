"""`trireme serve`."""

import logging
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.console import Console

from contract.environment import check_settings, unknown_variables
from gateway.settings import GatewaySettings
from modelserver.settings import ModelServerSettings
from trireme.serve.laptop import Laptop
from trireme.settings import TriremeSettings

SETTINGS = (TriremeSettings, ModelServerSettings, GatewaySettings)

log = logging.getLogger(__name__)

serve = typer.Typer(help="Serve the repository on this machine.")

RepositoryOption = Annotated[Path | None, typer.Option(help="Folder of the model repository.")]
FirstModelOption = Annotated[
    str | None, typer.Option(help="Train and publish this model first where the repository has none of it.")
]
PortOption = Annotated[int | None, typer.Option(min=1, max=65535, help="The gateway's port.")]
LogLevelOption = Annotated[str, typer.Option(help="debug, info, warning or error.")]


@serve.command()
def main(
    repository: RepositoryOption = None,
    first_model: FirstModelOption = None,
    port: PortOption = None,
    log_level: LogLevelOption = "info",
) -> None:
    """Serve every model of the repository: the embedded Triton and the gateway, on loopback, until Ctrl-C."""
    configure_logging(log_level)
    check_settings(*SETTINGS)
    for sentence in unknown_variables(*SETTINGS):
        log.warning("%s", sentence)
    settings = TriremeSettings() if repository is None else TriremeSettings(repository=repository)
    server = ModelServerSettings(repository=settings.repository, served=settings.served)
    given: dict[str, Any] = {
        "repository": settings.repository,
        "served": settings.served,
        "triton_addresses": (f"{server.host}:{server.grpc_port}",),
        **_state(settings.state_dir),
        **({} if port is None else {"port": port}),
    }
    Laptop(settings, gateway_settings(given), server, Console(highlight=False, soft_wrap=True)).serve(first_model)


def _state(folder: Path) -> dict[str, Any]:
    """Where the gateway keeps what it has to remember, unless the user's own settings say so."""
    ours = {"database": SecretStr(f"sqlite:///{folder}/trireme.db"), "log_spill": folder / "predictions"}
    chosen = GatewaySettings(auth="off", host="127.0.0.1").model_fields_set
    return {name: value for name, value in ours.items() if name not in chosen}


def gateway_settings(given: dict[str, Any]) -> GatewaySettings:
    """The gateway's settings; on loopback nobody is asked who they are unless the user's own settings say so."""
    settings = GatewaySettings(**given)
    is_chosen = "auth" in settings.model_fields_set
    return settings if is_chosen or not settings.is_loopback else GatewaySettings(**given, auth="off")


def configure_logging(level: str) -> None:
    """Log to standard error, in plain lines: there is one for every request."""
    if level.upper() not in logging.getLevelNamesMapping():
        raise typer.BadParameter(f"{level!r} is not a log level")
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("httpx", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))
