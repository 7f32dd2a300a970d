"""Showing how a job goes on, until its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from trireme.job_client import Job, JobClient, Kind
from trireme.sse import Event

INTERRUPTED = 130
"""The exit status after Ctrl-C, as of shells."""


def followed(jobs: JobClient, model: str, kind: Kind, job: Job) -> Job:
    """The job after its end; progress goes to the terminal, or as lines to a file. Ctrl-C leaves it running."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with _shown(console) as show:
            for event in jobs.follow(model, kind, job["id"]):
                show.event(event)
        return jobs.find(model, kind, job["id"])
    except KeyboardInterrupt:
        console.print(f"The job goes on; cancel it with: trireme jobs {model} {job['id']} --cancel")
        raise typer.Exit(INTERRUPTED) from None


class Bar:
    """A bar on a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID = progress.add_task("queued", total=None, detail="")

    def event(self, event: Event) -> None:
        """Show what it changes."""
        if event.kind == "state":
            self._progress.update(self._task, description=described_state(event.data))
        elif event.kind == "progress":
            share = fraction(event.data)
            self._progress.update(
                self._task,
                description=str(event.data.get("stage", "")),
                total=None if share is None else 1.0,
                completed=share or 0.0,
                detail=detail(event.data),
            )


class Lines:
    """Lines for a file: states, and each new stage or epoch."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: tuple[Any, ...] = ()

    def event(self, event: Event) -> None:
        """Write what is new."""
        if event.kind == "state":
            self._console.print(Text(described_state(event.data)))
        elif event.kind == "progress":
            now = event.data.get("stage"), event.data.get("epoch")
            if now != self._last:
                self._console.print(Text(f"{now[0]} {detail(event.data)}".strip()))
            self._last = now


@contextmanager
def _shown(console: Console) -> Iterator[Bar | Lines]:
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[detail]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress)


def described_state(data: dict[str, Any]) -> str:
    """A state, with its reason where it has one."""
    return f"{data.get('state')}: {data['reason']}" if data.get("reason") else str(data.get("state"))


def fraction(progress: dict[str, Any]) -> float | None:
    """How much of the stage is done, from 0 to 1; None where nothing tells."""
    step = _share(progress.get("step"), progress.get("steps"))
    epoch, epochs = progress.get("epoch"), progress.get("epochs")
    if not epochs or epoch is None:
        return step
    done: float = max(0, epoch - 1) + (step or 0.0)
    return _share(done, epochs)


def detail(progress: dict[str, Any]) -> str:
    """Epoch, figures and the time that is left, as far as they are known."""
    parts = [
        _counted("epoch", progress.get("epoch"), progress.get("epochs")),
        _counted("step", progress.get("step"), progress.get("steps")),
        _percent("accuracy", progress.get("accuracy")),
        _percent("validation", progress.get("validation_accuracy")),
        _left(progress.get("eta_s")),
    ]
    return ", ".join(part for part in parts if part)


def _share(done: float | None, total: float | None) -> float | None:
    return None if done is None or not total else min(1.0, done / total)


def _counted(name: str, done: int | None, total: int | None) -> str:
    if done is None:
        return ""
    return f"{name} {done}" if total is None else f"{name} {done}/{total}"


def _percent(name: str, value: float | None) -> str:
    return "" if value is None else f"{name} {value:.1%}"


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} left"
