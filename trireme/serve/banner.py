"""What `trireme serve` prints when it is ready: what is served, and what to try."""

from pathlib import Path

from contract.card import VersionCard
from contract.inputs import TableInput
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
    card = store.card(ModelVersion(first, served.models[first].stable))
    return "\n".join(
        [
            "",
            f"[bold]Trireme serves on {url}[/]",
            *lines,
            *_access(gateway),
            "",
            "[bold]Try[/]",
            f"  {_example(card, f'{url}/v1/models/{first}/predict')}",
            f"  API docs: {url}/docs",
            "  Stop: Ctrl-C",
            "",
        ]
    )


def _access(gateway: GatewaySettings) -> list[str]:
    if gateway.auth == "off":
        return ["  Nobody is asked who they are (GATEWAY_AUTH=off): this is for this machine only."]
    return ["  Callers need a token or an API key: see `trireme users` and `trireme keys`."]


def _example(card: VersionCard, url: str) -> str:
    if isinstance(card.input, TableInput):
        return f"curl --data-binary @rows.csv -H 'Content-Type: text/csv' {url}/batch"
    picture, kind = (PICTURE, "image/png") if PICTURE.is_file() else (Path("picture.jpg"), "image/jpeg")
    return f"curl --data-binary @{picture} -H 'Content-Type: {kind}' {url}"


def _line(store: ModelRepository, name: ModelVersion) -> str:
    card = store.card(name)
    metrics = card.metrics
    # With a decision, accuracy follows a threshold that may weigh one mistake more than the other.
    ranked = card.decision and metrics.roc_auc
    figure = f"ROC-AUC {ranked:.3f}" if ranked else f"test accuracy {metrics.accuracy:.2%}"
    return f"  {name.model} version {name.version}, {figure}"
