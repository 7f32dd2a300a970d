"""`trireme serve`."""

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import typer
import uvicorn as _  # noqa: F401 - a missing extra is told before anything starts; the rest is imported beside Triton
from rich.console import Console

from contract.environment import check_settings, unknown_variables
from gateway.settings import GatewaySettings
from gateway.telemetry import logs
from modelserver.settings import ModelServerSettings
from trireme.gateway_settings import gateway_settings
from trireme.serve.laptop import Laptop
from trireme.settings import TriremeSettings

SETTINGS = (TriremeSettings, ModelServerSettings, GatewaySettings)

log = logging.getLogger(__name__)

serve = typer.Typer(help="Serve the repository on this machine.")

LogLevel = Literal["debug", "info", "warning", "error"]
RepositoryOption = Annotated[Path | None, typer.Option(help="Folder of the model repository.")]
FirstModelOption = Annotated[
    str | None, typer.Option(help="Train and publish this model first where the repository has none of it.")
]
PortOption = Annotated[int | None, typer.Option(min=1, max=65535, help="The gateway's port.")]
LogLevelOption = Annotated[LogLevel | None, typer.Option(help="Least severe of the messages that are shown.")]
# The banner tells that the gateway listens.
QUIET: Mapping[str, int] = MappingProxyType({**logs.QUIET, "uvicorn.error": logging.WARNING})


@serve.command()
def main(
    repository: RepositoryOption = None,
    first_model: FirstModelOption = None,
    port: PortOption = None,
    log_level: LogLevelOption = None,
) -> None:
    """Serve every model of the repository: the embedded Triton and the gateway, on loopback, until Ctrl-C."""
    check_settings(*SETTINGS)
    settings = TriremeSettings() if repository is None else TriremeSettings(repository=repository)
    server = ModelServerSettings(repository=settings.repository, served=settings.served)
    given: dict[str, Any] = {
        "repository": settings.repository,
        "served": settings.served,
        "triton_addresses": (f"{server.host}:{server.grpc_port}",),
        **{name: value for name, value in (("port", port), ("logging_level", log_level)) if value is not None},
    }
    gateway = gateway_settings(settings, **given)
    # Standard output is the banner's.
    with logs.logging_to(sys.stderr.fileno(), gateway, QUIET):
        for sentence in unknown_variables(*SETTINGS):
            log.warning("%s", sentence)
        Laptop(settings, gateway, server, Console(highlight=False, soft_wrap=True)).serve(first_model)
