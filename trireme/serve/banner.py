"""What `trireme serve` prints when it is ready: what is served, and what to try."""

from pathlib import Path

from contract.names import ModelVersion
from contract.repository import ModelRepository
from contract.served import Served
from gateway.settings import GatewaySettings

PICTURE = Path("examples/ship.png")


def banner(served: Served, repository: Path, gateway: GatewaySettings) -> str:
    """The text, with rich's markup."""
    url = f"http://{gateway.host}:{gateway.port}"
    store = ModelRepository(repository)
    lines = [_line(store, ModelVersion(name, model.stable)) for name, model in sorted(served.models.items())]
    first = min(served.models)
    picture, kind = (PICTURE, "image/png") if PICTURE.is_file() else (Path("picture.jpg"), "image/jpeg")
    return "\n".join(
        [
            "",
            f"[bold]Trireme serves on {url}[/]",
            *lines,
            "",
            "[bold]Try[/]",
            f"  curl --data-binary @{picture} -H 'Content-Type: {kind}' {url}/v1/models/{first}/predict",
            f"  API docs: {url}/docs",
            "  Stop: Ctrl-C",
            "",
        ]
    )


def _line(store: ModelRepository, name: ModelVersion) -> str:
    accuracy = store.card(name).metrics.accuracy
    return f"  {name.model} version {name.version}, test accuracy {accuracy:.2%}"
