"""`trireme evaluate`: have a gateway find out how good a version is."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from trireme.connected import connected
from trireme.following import followed
from trireme.job_client import Job, JobClient
from trireme.retrain import chosen
from trireme.verdict import exit_status, verdict

evaluate = typer.Typer(help="Have a gateway find out how good a version is.")

ModelArgument = Annotated[str, typer.Argument(help="The model's name.")]
VersionOption = Annotated[int | None, typer.Option("--version", min=1, help="A version; the stable one without it.")]
DataOption = Annotated[
    list[str] | None,
    typer.Option(help="What to evaluate on: test (the default), or an uploaded batch, also several times."),
]
UrlOption = Annotated[str | None, typer.Option(help="The gateway's address.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the job as JSON.")]


@evaluate.command()
def main(
    model: ModelArgument,
    version: VersionOption = None,
    data: DataOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Evaluate a version as the model server answers, and show its figures.

    Exit status: 0 done, 1 failed or cancelled, 130 Ctrl-C.
    """
    question = {"version": version, "data": chosen(data)}
    with connected(url) as client:
        jobs = JobClient(client)
        job = jobs.start(model, "evaluate", {name: value for name, value in question.items() if value is not None})
        job = followed(jobs, model, "evaluate", job)
    if as_json:
        typer.echo(json.dumps(job))
    else:
        show(job)
    raise typer.Exit(exit_status(job))


def show(job: Job) -> None:
    """Print what an evaluation found, or why it found nothing."""
    result = job.get("result")
    if not result:
        typer.echo(verdict(job))
        return
    found = result["evaluation"]
    where = "its test set" if result["data"] == "test" else "uploaded data"
    figures = [f"accuracy {found['accuracy']:.2%}", f"macro F1 {found['macro']['f1']:.3f}"]
    if found["roc_auc"] is not None:
        figures.append(f"ROC-AUC {found['roc_auc']:.4f}")
    typer.echo(
        f"Version {result['version']} of {job['model']} on {found['examples']:,} examples of {where}, "
        f"answered by {result['server']}: {', '.join(figures)}."
    )
    Console().print(_table(found["classes"]))


def _table(classes: list[dict[str, Any]]) -> Table:
    table = Table("label", "examples", "precision", "recall", "F1", "ROC-AUC")
    for one in classes:
        scores = (f"{one[name]:.3f}" for name in ("precision", "recall", "f1"))
        auc = "–" if one["roc_auc"] is None else f"{one['roc_auc']:.4f}"
        table.add_row(one["label"], f"{one['support']:,}", *scores, auc)
    return table
