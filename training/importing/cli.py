"""`trireme import`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from training.console import tell
from training.importing.importer import Importer, ImportRequest
from training.importing.labels import read_labels
from training.importing.spec import Spec
from training.options import REPOSITORY, JsonOption, RepositoryOption
from training.publish.cli import DryRunOption, summary
from training.settings import TrainingSettings
from training.tracking.tracking import track_publication, tracking

import_ = typer.Typer(help="Publish a model that was trained elsewhere: a SavedModel folder or an ONNX file.")

NameArgument = Annotated[str, typer.Argument(help="The model's name here.")]
ArtefactArgument = Annotated[Path, typer.Argument(help="A SavedModel folder or an ONNX file.")]
LabelsOption = Annotated[
    str, typer.Option(help="A file with one label a line, or the labels with commas; in the order of the outputs.")
]
SpecOption = Annotated[
    Path,
    typer.Option("--preprocessing", metavar="SPEC.yaml", help="What the model wants of a picture; see docs/import.md."),
]
ExamplesOption = Annotated[
    Path,
    typer.Option(metavar="DIR", help="Pictures with known labels, <label>/*.png|jpg: at least 10, each label once."),
]


@import_.command()
def main(
    name: NameArgument,
    artefact: ArtefactArgument,
    labels: LabelsOption,
    preprocessing: SpecOption,
    examples: ExamplesOption,
    repository: RepositoryOption = REPOSITORY,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Check a model that was trained elsewhere, prove it on a real server, and publish it as the next version.

    Nothing in the artefact is run before it is known to compute and do nothing else.
    """
    request = ImportRequest(name, artefact, read_labels(labels), Spec.read(preprocessing), examples)
    console = Console(stderr=True, highlight=False)
    settings = TrainingSettings()
    with console.status("importing") as status, tracking(settings, console) as tracker:
        importer = Importer(settings, step=status.update, finding=partial(tell, console))
        publication = importer.run(request, repository, dry_run=dry_run)
        track_publication(tracker, publication)
    if as_json:
        typer.echo(publication.card.model_dump_json())
    else:
        Console(highlight=False, soft_wrap=True).print(summary(publication))
