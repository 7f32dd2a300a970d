"""The verb `train`. TensorFlow and scikit-learn are imported when it runs, not before."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from contract.repository import ModelRepository
from training.class_weights import Choice
from training.console import tell
from training.data.catalog import Catalog
from training.data.cifar10 import NAME
from training.data.cli import MaxBad, print_json
from training.data.features import has_features
from training.data.reading import MAX_BAD
from training.engines.record import TuningStore
from training.errors import RequestInvalid
from training.options import REPOSITORY, JsonOption, RepositoryOption
from training.parent import find_parent
from training.quiet import quiet_stderr
from training.request import TrainingRequest
from training.run_store import RunStore
from training.runs import RunRecord
from training.settings import TrainingSettings
from training.tables.cli import SearchKind, TableTraining, Wishes
from training.tables.recipes import names_recipe
from training.tracking.tracking import track_publication, tracking

LATEST = "latest"
PICTURES, TABLES = "For pictures", "For tables"
ONLY = {
    PICTURES: (
        "parent", "profile", "architecture", "size", "class_weights", "max_bad", "epochs", "patience",
        "mirrored", "resume",
    ),
    TABLES: ("search", "trials"),
}  # fmt: skip
"""Parameters that only one kind of model takes."""

train = typer.Typer(add_completion=False)

Pictures = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder of pictures: <label>/*.jpg, or <split>/<label>/*.jpg; for cifar10: where it lies. For any model: "
        "the folder that `trireme data features` wrote.",
    ),
]


@train.command("train")
def train_model(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|RECIPE",
            help="A model of pictures (cifar10 trains on CIFAR-10), or of a table: a recipe's name or YAML file.",
        ),
    ],
    data_dir: Pictures = None,
    parent: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL[:VERSION]",
            help="Fine-tune this version instead of beginning anew.",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="How long to train: quick, full or finetune. Default: quick; with --from finetune.",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option(
            help="The network: fast, wide or cnn4. Default: the profile's; with --from the parent's.",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            help="Width and height of a folder's pictures, in pixels. Default: 32; with --from the parent's.",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    class_weights: Annotated[
        Choice,
        typer.Option(
            help="Whether rare labels count more; auto: where one has over twice another's pictures.",
            rich_help_panel=PICTURES,
        ),
    ] = "auto",
    max_bad: MaxBad = MAX_BAD,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Decides all that is random: split, start, order. Default: 0, or the recipe's."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Instead of the profile's.", rich_help_panel=PICTURES)] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Stop after so many epochs without a better validation accuracy; 0: never.", rich_help_panel=PICTURES
        ),
    ] = None,
    mirrored: Annotated[
        bool,
        typer.Option(
            "--mirrored",
            help="Export a graph that averages a picture and its mirror image.",
            rich_help_panel=PICTURES,
        ),
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Go on with this run, or the `latest`.", rich_help_panel=PICTURES),
    ] = None,
    search: Annotated[
        SearchKind | None,
        typer.Option(help="How to search the parameters, instead of the recipe's way.", rich_help_panel=TABLES),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Tries of a search, instead of the recipe's number.", rich_help_panel=TABLES),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A new folder for the finished run, instead of among all runs.")
    ] = None,
    publish: Annotated[bool, typer.Option(help="Publish the model when it is trained.")] = False,
    repository: RepositoryOption = REPOSITORY,
    as_json: JsonOption = False,
) -> None:
    """Train a model of pictures, or of a table by a recipe; Ctrl-C leaves a run with pictures that can be resumed."""
    settings, is_table = TrainingSettings(), names_recipe(name)
    _check_options(context, name, PICTURES if is_table else TABLES)
    runs = RunStore(settings.runs_dir)
    runs.free(out)
    if is_table:
        job = TableTraining(settings, data_dir, out, repository if publish else None)
        return job.run(name, Wishes(seed, search, trials), as_json=as_json)
    start = find_parent(ModelRepository(repository), parent) if parent else None
    folder, held = (None, data_dir) if name == NAME and not has_features(data_dir) else (data_dir, None)
    wishes: dict[str, Any] = {"folder": folder, "seed": seed or 0, "epochs": epochs, "patience": patience}
    wishes |= {"profile": profile, "architecture": architecture, "size": size, "mirrored": mirrored}
    request = TrainingRequest.of(name, start, **wishes, class_weights=class_weights, max_bad=max_bad)
    try:
        run = _train(settings, request, _to_resume(runs, name, resume), held)
    except KeyboardInterrupt:
        _tell_interrupted(runs.unfinished(name))
        raise typer.Exit(130) from None
    run = runs.move(run, out) if out else run
    version = _publish(settings, run, repository, data_dir) if publish else None
    return _show_run(run, version, as_json=as_json)


def _check_options(context: typer.Context, name: str, foreign: str) -> None:
    """Raise `RequestInvalid` where an option was given that is for the other kind of model."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name in ONLY[foreign] and source is not None and source.name == "COMMANDLINE":
            other = "a recipe for a table" if foreign == PICTURES else "a model of pictures"
            raise RequestInvalid(f"{option.opts[0]} is {foreign.lower()}, and {name!r} is {other}.")


def _to_resume(runs: RunStore, model: str, wanted: str | None) -> str | None:
    if wanted == LATEST:
        return next(reversed(runs.unfinished(model)), None)
    return wanted and runs.folder(wanted).name


def _train(settings: TrainingSettings, request: TrainingRequest, resume: str | None, data_dir: Path | None) -> Path:
    if resume is None:
        request.check()  # before the seconds that importing TensorFlow takes
    console = Console(stderr=True)  # before stderr is turned off: rich looks once whether it is a terminal
    with quiet_stderr():
        from training.service import Training  # noqa: PLC0415  see the module's docstring

        service = Training(settings, console)
    return service.resume(request.model, resume, data_dir) if resume else service.start(request, data_dir)


def _publish(settings: TrainingSettings, run: Path, repository: Path, data_dir: Path | None) -> str:
    from training.publish import CatalogData, publish  # noqa: PLC0415  see the module's docstring

    console = Console(stderr=True)
    data, tunings = CatalogData(Catalog(settings, console), data_dir), TuningStore(settings.tuning_dir)
    with tracking(settings, console) as tracker:
        publication = publish(run, repository, tell=partial(tell, console), data=data, tunings=tunings)
        track_publication(tracker, publication)
    return str(publication.card.name)


def _tell_interrupted(unfinished: list[str]) -> None:
    advice = f" Go on with --resume {unfinished[-1]}." if unfinished else ""
    tell(Console(stderr=True), f"Interrupted.{advice}")


def _show_run(run: Path, version: str | None, *, as_json: bool) -> None:
    record = RunRecord.read(run)
    if as_json:
        content = record.model_dump(mode="json")
        return print_json({"run": record.id, "folder": str(run), "version": version, "record": content})
    area = record.evaluation.roc_auc
    figures = f"test accuracy {record.evaluation.accuracy:.2%}" + (f", ROC-AUC {area:.3f}" if area is not None else "")
    published = f" Published as {version}." if version else ""
    return tell(Console(), f"Run {record.id}: {figures}, in {run}.{published}")
