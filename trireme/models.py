"""`trireme models`: what the repository holds and what is served."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from contract.card import VersionCard
from contract.names import ModelVersion
from contract.repository import ModelRepository
from contract.served import Served
from trireme.settings import TriremeSettings

models = typer.Typer(help="List the published models and versions, or show one.")

ModelArgument = Annotated[str | None, typer.Argument(help="A model; all models without it.")]
VersionOption = Annotated[int | None, typer.Option("--version", help="One version of the model, in full.")]
RepositoryOption = Annotated[Path | None, typer.Option(help="Folder of the model repository.")]
VerifyOption = Annotated[bool, typer.Option("--verify", help="Check every file against the digests in its card.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@models.command()
def main(
    model: ModelArgument = None,
    version: VersionOption = None,
    repository: RepositoryOption = None,
    verify: VerifyOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the published models and versions, or show one."""
    settings = TriremeSettings()
    store = ModelRepository(repository or settings.repository)
    cards = [(store.verify if verify else store.card)(name) for name in _names(store, model, version)]
    if as_json:
        typer.echo("[" + ",\n".join(card.model_dump_json() for card in cards) + "]")
    elif version is not None:
        Console().print_json(cards[0].model_dump_json())
    elif cards:
        Console().print(_table(cards, Served.read(settings.served)))
    else:
        typer.echo(f"No model in {store.root}. Train and publish a first one: trireme train cifar10 --publish")


def _names(store: ModelRepository, model: str | None, version: int | None) -> list[ModelVersion]:
    if model is None:
        return store.all_versions()
    latest = store.latest(model)
    if version is not None:
        return [latest._replace(version=version)]
    return [ModelVersion(model, number) for number in store.versions(model)]


def _table(cards: list[VersionCard], served: Served) -> Table:
    table = Table("model", "version", "published", "test accuracy", "engine", "state")
    for card in cards:
        table.add_row(
            card.model,
            str(card.version),
            f"{card.created:%Y-%m-%d %H:%M}",
            f"{card.metrics.accuracy:.2%}",
            _engine(card),
            _state(card, served),
        )
    return table


def _engine(card: VersionCard) -> str:
    precision = card.engine.precision
    return card.engine.backend + ("" if precision == "float32" else f" {precision}")


def _state(card: VersionCard, served: Served) -> str:
    if card.name not in served.names():
        return "–"
    return "stable" if served.models[card.model].stable == card.version else "served"
