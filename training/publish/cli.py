"""`trireme publish`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from contract.card import VersionCard
from training.data.catalog import Catalog
from training.engines.record import TuningStore
from training.errors import RunUnfinished
from training.options import REPOSITORY, JsonOption, RepositoryOption
from training.publish.evidence import CatalogData
from training.publish.publisher import Publication
from training.publish.publisher import publish as publish_run
from training.runs import RECORD, kind_of
from training.settings import TrainingSettings
from training.tracking.tracking import track_publication, tracking

publish = typer.Typer(help="Convert, prove and publish a finished training run.")

RunArgument = Annotated[str | None, typer.Argument(help="A run's id or folder; the newest finished run without it.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Do everything but make the version visible.")]
PlainOption = Annotated[bool, typer.Option("--plain", help="Take float32 ONNX Runtime, whatever tuning found best.")]

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="Where the pictures of the run, or their features, lie now. Default: as it was."
    ),
]


@publish.command()
def main(
    run: RunArgument = None,
    repository: RepositoryOption = REPOSITORY,
    dry_run: DryRunOption = False,
    plain: PlainOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Convert a finished run to what is served, prove it on a real server, and publish it as the next version."""
    settings = TrainingSettings()
    folder = find_run(settings.runs_dir, run)
    console = Console(stderr=True, highlight=False)
    with console.status("publishing") as status, tracking(settings, console) as tracker:
        if kind_of(folder) == "table":
            from training.tables.publishing import publish_table  # noqa: PLC0415 - scikit-learn takes a while

            publication = publish_table(folder, repository, dry_run=dry_run, tell=status.update)
        else:
            publication = publish_run(
                folder,
                repository,
                dry_run=dry_run,
                tell=status.update,
                data=CatalogData(Catalog(settings, Console(stderr=True)), source=data),
                tunings=None if plain else TuningStore(settings.tuning_dir),
            )
        track_publication(tracker, publication)
    if as_json:
        typer.echo(publication.card.model_dump_json())
    else:
        Console(highlight=False, soft_wrap=True).print(summary(publication))


def find_run(runs_dir: Path, run: str | None) -> Path:
    """The folder of a run given by its id or folder, or of the newest finished one; raises `RunUnfinished`."""
    if run is not None:
        return runs_dir / run if (runs_dir / run).is_dir() else Path(run)
    finished = sorted(record.parent for record in runs_dir.glob(f"*/{RECORD}"))
    if not finished:
        raise RunUnfinished("There is no finished training run to publish; make one with: trireme train cifar10")
    return finished[-1]


def summary(publication: Publication) -> str:
    """What was published, for people."""
    card = publication.card
    difference = card.gates[0].measured["max_probability_difference"]
    verb = "Published as" if publication.folder else "A dry run; it would be published as"
    accuracy = "test accuracy" if card.metrics.split == "test" else f"accuracy on the {card.metrics.split}"
    return (
        f"{verb} [bold]{card.model}[/] version [bold]{card.version}[/]: {accuracy} {card.metrics.accuracy:.2%}, "
        f"largest difference to the trained model {difference:.1e} over {card.gates[0].examples} examples; "
        f"{_engine(card)}"
    )


def _engine(card: VersionCard) -> str:
    engine = f"{card.engine.backend} in {card.engine.precision}"
    if reason := card.omitted.get("engine"):
        return f"{engine}, whose accuracy was not measured: {reason}"
    (gate,) = (gate for gate in card.gates if gate.name == "engine")
    return f"served by {engine}: {gate.measured['accuracy']:.2%}"
