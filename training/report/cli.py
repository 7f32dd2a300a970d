"""`trireme report`. What draws is imported when a page is made, not before."""

import json
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from contract.names import ModelVersion
from contract.repository import ModelRepository
from training.options import REPOSITORY, JsonOption, RepositoryOption
from training.report.leaflet import Leaflet, parse, published
from training.settings import TrainingSettings

if TYPE_CHECKING:
    from training.report.desk import Desk

report = typer.Typer(
    add_completion=False, help="Show where a version's report lies, make it anew, or compare two versions."
)

ModelArgument = Annotated[str, typer.Argument(metavar="MODEL[:VERSION]", help="A model; without a version the latest.")]
CompareOption = Annotated[
    tuple[int, int] | None, typer.Option("--compare", metavar="V1 V2", min=1, help="Compare two versions.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", dir_okay=False, help="Make the page anew, into this file.")
]
DataOption = Annotated[str | None, typer.Option("--data", metavar="DIR", help="The picture folder, if it has moved.")]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the page in the browser.")]


@report.command()
def main(
    model: ModelArgument,
    compare: CompareOption = None,
    out: OutOption = None,
    data: DataOption = None,
    show: OpenOption = False,
    repository: RepositoryOption = REPOSITORY,
    as_json: JsonOption = False,
) -> None:
    """Show where a version's report lies and what it says; with --out make it anew; or compare two versions."""
    store = ModelRepository(repository)
    name = parse(model, store)
    if compare is not None:
        leaflet = _compare(store, name.model, compare, data, out)
    else:
        leaflet = _remake(store, name, data, out) if out else published(store, name)
    _print(leaflet, as_json=as_json)
    if show:
        webbrowser.open(leaflet.path.resolve().as_uri())


def _remake(store: ModelRepository, name: ModelVersion, data: str | None, out: Path) -> Leaflet:
    console = Console(stderr=True)
    with console.status("Making the report."):
        return _desk(store, data, console).remake(name, out)


def _compare(
    store: ModelRepository, model: str, versions: tuple[int, int], data: str | None, out: Path | None
) -> Leaflet:
    first, second = (ModelVersion(model, version) for version in versions)
    target = out or TrainingSettings().reports_dir / f"{first}-{second.triton_name.rpartition('-')[2]}.html"
    console = Console(stderr=True)
    with console.status("Comparing."):
        return _desk(store, data, console).compare(first, second, target)


def _desk(store: ModelRepository, data: str | None, console: Console) -> "Desk":
    from training.report.desk import Desk  # noqa: PLC0415  see the module's docstring
    from training.report.finder import DataFinder  # noqa: PLC0415

    return Desk(store, DataFinder(TrainingSettings(), console, data), console)


def _print(leaflet: Leaflet, *, as_json: bool) -> None:
    if as_json:
        return typer.echo(json.dumps(leaflet.as_json(), indent=2))
    console = Console(highlight=False)
    console.print(Text(leaflet.title, "bold"))
    for title, sentence in leaflet.statements.items():
        console.print(Text.assemble((f"{title}: ", "cyan"), sentence))
    return console.print(Text(f"The page is {leaflet.path}"), soft_wrap=True)
