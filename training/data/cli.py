"""The verb `data`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training.console import tell
from training.data.catalog import DEFAULT_SIZE, Catalog
from training.data.cifar10 import NAME, cifar10
from training.data.dataset import DataSet
from training.data.export import export_folders
from training.data.features import FeaturesRecord
from training.data.picture_features import write_pictures
from training.data.reading import MAX_BAD
from training.errors import DataUnknown
from training.options import JsonOption
from training.settings import TrainingSettings
from training.tables.credit.cli import generate
from training.tables.data.cli import add_verbs
from training.tables.dataset import TableData
from training.tables.recipes import load_recipe, names_recipe

data = typer.Typer(
    add_completion=False, help="Get, look at and export data sets; load and convert tables.", no_args_is_help=True
)

Held = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder that holds CIFAR-10 already; nothing is downloaded."),
]
Size = Annotated[int, typer.Option(help="Width and height of the pictures of a folder, in pixels.")]
MaxBad = Annotated[
    float, typer.Option(min=0, max=1, help="Share of a folder's files that may be left out because they can't be read.")
]

FOR = {"train": "train", "validation": "validate", "test": "test"}


@data.command("fetch")
def fetch(
    name: Annotated[str, typer.Argument(help="The data set: cifar10, or with --out a recipe for a table.")] = NAME,
    data_dir: Held = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A new or empty folder for the raw data, beside the cache.")
    ] = None,
) -> None:
    """Download a data set into the cache, and check it; with --out, write it into a folder too."""
    settings, console = TrainingSettings(), Console(stderr=True)
    if out is not None and names_recipe(name):
        from training.tables.data.loading import hold_data  # noqa: PLC0415  pictures don't need it

        count = hold_data(load_recipe(name), out, settings, console)
        return tell(Console(), f"{count:,} raw rows of {name} are in {out}.")
    if name != NAME:
        raise DataUnknown(f"There is no data set {name!r} to fetch; there is {NAME}, and with --out each recipe's.")
    source = cifar10(settings, console, data_dir)
    source.copy_to(out) if out else source.fetch()
    return tell(Console(), f"{name} is complete in {out or source.folder}.")


@data.command("features")
def features(
    name: Annotated[str, typer.Argument(help="cifar10, a name for pictures in --data, or a recipe for a table.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new or empty folder.")],
    data_dir: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="The raw data: what `fetch --out` wrote, or a picture folder."),
    ] = None,
    size: Size = DEFAULT_SIZE,
    max_bad: MaxBad = MAX_BAD,
    as_json: JsonOption = False,
) -> None:
    """Make what a model learns from: checked, encoded or resized, and split; `trireme train --data DIR` takes it."""
    settings, console = TrainingSettings(), Console(stderr=True)
    if names_recipe(name):
        record = _table_features(name, out, data_dir, settings)
    else:
        source, held = (name, data_dir) if name == NAME else (str(data_dir or name), None)
        found = Catalog(settings, console).load(source, size=size, data_dir=held, max_bad=max_bad)
        record = write_pictures(found, out)
    if as_json:
        return print_json(record.model_dump(mode="json", include={"name", "labels", "counts", "digests"}))
    counts = ", ".join(f"{sum(split.values()):,} to {FOR[name]}" for name, split in record.counts.items())
    return tell(Console(), f"The features of {name} are in {out}: {counts}.")


def _table_features(name: str, out: Path, held: Path | None, settings: TrainingSettings) -> FeaturesRecord:
    from training.tables.data.loading import load_data  # noqa: PLC0415  pictures don't need it
    from training.tables.data.table_features import write_table  # noqa: PLC0415

    recipe = load_recipe(name)
    return write_table(load_data(recipe, settings, Console(stderr=True), held=held), recipe, out)


@data.command("show")
def show(
    name: Annotated[str, typer.Argument(help="cifar10, a picture folder, or a recipe for tables.")],
    data_dir: Held = None,
    size: Size = DEFAULT_SIZE,
    max_bad: MaxBad = MAX_BAD,
    as_json: JsonOption = False,
) -> None:
    """Show a data set's labels, with the pictures or rows in each split."""
    settings, console = TrainingSettings(), Console(stderr=True)
    if names_recipe(name):
        from training.tables.data.loading import load_data  # noqa: PLC0415  pictures don't need it

        table = load_data(load_recipe(name), settings, console)
        return _show(table.source, table, as_json=as_json)
    found = Catalog(settings, console).load(name, size=size, data_dir=data_dir, max_bad=max_bad)
    return _show(found.name, found, as_json=as_json)


@data.command("export")
def export(
    name: Annotated[str, typer.Argument(help="cifar10, or a picture folder.")],
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder.")],
    labels: Annotated[str, typer.Option(help="Only these labels, with commas between them.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many pictures of a label in a split.")] = None,
    data_dir: Held = None,
    size: Size = DEFAULT_SIZE,
    max_bad: MaxBad = MAX_BAD,
) -> None:
    """Write a data set as picture folders."""
    found = Catalog(TrainingSettings(), Console(stderr=True)).load(name, size=size, data_dir=data_dir, max_bad=max_bad)
    count = export_folders(found, target, [label.strip() for label in labels.split(",") if label.strip()], limit)
    tell(Console(), f"{count} pictures are in {target}.")


add_verbs(data)
data.command("generate")(generate)


def print_json(content: dict[str, Any]) -> None:
    """Print JSON for programs."""
    typer.echo(json.dumps(content, indent=2))


def _show(name: str, found: DataSet | TableData, *, as_json: bool) -> None:
    counts, digests = found.counts(), found.digests()
    if as_json:
        return print_json({"name": name, "labels": found.labels, "counts": counts, "digests": digests})
    return Console().print(_table(name, found.labels, counts, digests))


def _table(name: str, labels: tuple[str, ...], counts: dict[str, dict[str, int]], digests: dict[str, str]) -> Table:
    table = Table("label", *counts, title=escape(name))
    for label in labels:
        table.add_row(escape(label), *(f"{split[label]:,}" for split in counts.values()))
    table.add_section()
    table.add_row("all", *(f"{sum(split.values()):,}" for split in counts.values()))
    table.add_row("sha256", *(digests[split][:12] for split in counts))
    return table
