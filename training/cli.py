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
from training.data.reading import MAX_BAD
from training.engines.record import TuningStore
from training.options import REPOSITORY, JsonOption, RepositoryOption
from training.parent import find_parent
from training.quiet import quiet_stderr
from training.request import TrainingRequest
from training.run_store import RunStore
from training.runs import RunRecord
from training.settings import TrainingSettings

LATEST = "latest"

train = typer.Typer(add_completion=False)

Pictures = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder of pictures: <label>/*.jpg, or <split>/<label>/*.jpg. For cifar10: where it lies.",
    ),
]


@train.command("train")
def train_model(
    name: Annotated[str, typer.Argument(help="The model's name; cifar10 trains on CIFAR-10.")],
    data_dir: Pictures = None,
    parent: Annotated[
        str | None,
        typer.Option("--from", metavar="MODEL[:VERSION]", help="Fine-tune this version instead of beginning anew."),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(help="How long to train: quick, full or finetune. Default: quick; with --from finetune."),
    ] = None,
    architecture: Annotated[
        str | None,
        typer.Option(help="The network: fast, wide or cnn4. Default: the profile's; with --from the parent's."),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(help="Width and height of a folder's pictures, in pixels. Default: 32; with --from the parent's."),
    ] = None,
    class_weights: Annotated[
        Choice, typer.Option(help="Whether rare labels count more; auto: where one has over twice another's pictures.")
    ] = "auto",
    max_bad: MaxBad = MAX_BAD,
    seed: Annotated[int, typer.Option(help="Decides weights at the start, the split, order and augmentation.")] = 0,
    epochs: Annotated[int | None, typer.Option(help="Instead of the profile's.")] = None,
    patience: Annotated[
        int | None, typer.Option(help="Stop after so many epochs without a better validation accuracy; 0: never.")
    ] = None,
    mirrored: Annotated[
        bool, typer.Option("--mirrored", help="Export a graph that averages a picture and its mirror image.")
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Go on with this run, or the `latest`."),
    ] = None,
    publish: Annotated[bool, typer.Option(help="Publish the model when it is trained.")] = False,
    repository: RepositoryOption = REPOSITORY,
    as_json: JsonOption = False,
) -> None:
    """Train a model; Ctrl-C leaves a run that can be resumed."""
    settings = TrainingSettings()
    runs = RunStore(settings.runs_dir)
    start = find_parent(ModelRepository(repository), parent) if parent else None
    folder, held = (None, data_dir) if name == NAME else (data_dir, None)
    wishes: dict[str, Any] = {"folder": folder, "seed": seed, "epochs": epochs, "patience": patience}
    wishes |= {"profile": profile, "architecture": architecture, "size": size, "mirrored": mirrored}
    request = TrainingRequest.of(name, start, **wishes, class_weights=class_weights, max_bad=max_bad)
    try:
        run = _train(settings, request, _to_resume(runs, name, resume), held)
    except KeyboardInterrupt:
        _tell_interrupted(runs.unfinished(name))
        raise typer.Exit(130) from None
    version = _publish(settings, run, repository, data_dir) if publish else None
    _show_run(run, version, as_json=as_json)


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
    return str(publish(run, repository, tell=partial(tell, console), data=data, tunings=tunings).card.name)


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
