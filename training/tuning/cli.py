"""`trireme tune`."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from filelock import FileLock, Timeout
from rich.console import Console

from contract.repository import ModelRepository
from contract.target import read_target
from training.console import tell
from training.data.catalog import Catalog
from training.data.storage import staging, storage_errors
from training.engines.calibration import calibration_pictures
from training.engines.errors import TuningBusy
from training.engines.kinds import Kind, kinds_for
from training.engines.record import Tuning, TuningStore
from training.options import REPOSITORY, JsonOption, RepositoryOption
from training.settings import TrainingSettings
from training.steps import Steps
from training.tuning.bench import Bench
from training.tuning.grid import QUICK, Effort
from training.tuning.subject import Subject, load_subject
from training.tuning.table import machine, markdown, table
from training.tuning.tuner import Tuner

tune = typer.Typer(add_completion=False, help="Find the fastest engine that stays exact, by measurement.")

ModelArgument = Annotated[str, typer.Argument(metavar="MODEL[:VERSION]", help="A published model; the newest version.")]
DataOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The picture folder that the version was trained on; or where CIFAR-10 lies."),
]
EnginesOption = Annotated[str, typer.Option(help="Only these engines, with commas between them; see docs/tuning.md.")]
ClientsOption = Annotated[list[int] | None, typer.Option(min=1, help="Requests in flight; repeatable; else 1, 8, 64.")]
SecondsOption = Annotated[float | None, typer.Option(min=0.1, help="Seconds of each measurement; 2 without it.")]
RoundsOption = Annotated[int | None, typer.Option(min=1, help="Rounds, each of which measures all; 3 without it.")]
ExamplesOption = Annotated[int | None, typer.Option(min=1, help="Test pictures for the accuracy; all without it.")]
QuickOption = Annotated[bool, typer.Option("--quick", help="Less of everything: about a minute, for a first look.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Measure, and write nothing.")]
MarkdownOption = Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")]


@tune.command()
def main(
    model: ModelArgument,
    data: DataOption = None,
    engines: EnginesOption = "",
    clients: ClientsOption = None,
    seconds: SecondsOption = None,
    rounds: RoundsOption = None,
    examples: ExamplesOption = None,
    quick: QuickOption = False,
    repository: RepositoryOption = REPOSITORY,
    dry_run: DryRunOption = False,
    as_markdown: MarkdownOption = False,
    as_json: JsonOption = False,
) -> None:
    """Serve each engine on this machine, measure it, and let the next publish take the best; Ctrl-C leaves nothing."""
    # So that what was started is stopped, and what was staged is removed; a shell's `&` would have SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    settings, console = TrainingSettings(), Console(stderr=True)
    effort = _effort(QUICK if quick else Effort(), clients, seconds, rounds, examples)
    kinds = kinds_for(read_target(), tuple(name.strip() for name in engines.split(",") if name.strip()))
    store = ModelRepository(repository)
    name = store.named(model)
    try:
        subject = load_subject(store, name, Catalog(settings, console), pictures=data)
        tuning = _tune(settings.tuning_dir, subject, kinds, effort, console)
    except KeyboardInterrupt:
        tell(console, "Interrupted; nothing was written.")
        raise typer.Exit(130) from None
    _show(tuning, as_markdown=as_markdown, as_json=as_json)
    if not dry_run:
        _write(settings.tuning_dir, tuning, console)


def _effort(
    effort: Effort, clients: list[int] | None, seconds: float | None, rounds: int | None, examples: int | None
) -> Effort:
    return replace(
        effort,
        clients=tuple(sorted(set(clients))) if clients else effort.clients,
        seconds=seconds or effort.seconds,
        rounds=rounds or effort.rounds,
        examples=examples or effort.examples,
    )


def _tune(root: Path, subject: Subject, kinds: tuple[Kind, ...], effort: Effort, console: Console) -> Tuning:
    """Alone, in a staging folder below `root`; raises `TuningBusy` besides what `Tuner.run` raises."""
    target = read_target()
    with storage_errors(root), _alone(root), staging(root) as area, Steps(console) as display:
        bench = Bench(area, subject, calibration_pictures(subject.data.train), target)
        return Tuner(subject, bench, target, effort=effort, display=display).run(kinds)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise TuningBusy("Another process tunes on this machine; both would measure each other.") from None
    try:
        yield
    finally:
        lock.release()


def _show(tuning: Tuning, *, as_markdown: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(tuning.model_dump_json(indent=2))
    elif as_markdown:
        typer.echo("\n".join(markdown(tuning)))
    else:
        console = Console()
        tell(console, machine(tuning))
        console.print(table(tuning), highlight=False)


def _write(root: Path, tuning: Tuning, console: Console) -> None:
    from training.tuning.plot import write_plot  # noqa: PLC0415 - a second that --help needn't wait for

    with storage_errors(root):
        plot = root / f"{tuning.model}.png"
        write_plot(tuning, plot)
        path = TuningStore(root).write(tuning)
    tell(console, f"The next publish of {tuning.model} takes the best; it is in {path}, the plot in {plot}.")
