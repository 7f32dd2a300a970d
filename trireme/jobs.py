"""`trireme jobs`: a gateway's retrains, evaluations and drift reports."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trireme.connected import connected
from trireme.errors import Refused
from trireme.evaluate import show
from trireme.following import detail
from trireme.job_client import KINDS, Job, JobClient, Kind, is_over
from trireme.verdict import verdict

jobs = typer.Typer(help="List a gateway's retrains, evaluations and drift reports, show or cancel one.")

ModelArgument = Annotated[str, typer.Argument(help="The model's name.")]
JobArgument = Annotated[str | None, typer.Argument(help="A job, to show it with its log; all without it.")]
KindOption = Annotated[Kind | None, typer.Option(help="Of this kind only.")]
CancelOption = Annotated[bool, typer.Option("--cancel", help="Cancel the job.")]
LimitOption = Annotated[int, typer.Option(min=1, max=500, help="How many of each kind to list.")]
UrlOption = Annotated[str | None, typer.Option(help="The gateway's address.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@jobs.command()
def main(
    model: ModelArgument,
    job: JobArgument = None,
    kind: KindOption = None,
    cancel: CancelOption = False,
    limit: LimitOption = 20,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """List a model's jobs, the newest first; or show one, or cancel it."""
    if cancel and job is None:
        raise typer.BadParameter("--cancel needs a job")
    with connected(url) as client:
        found = _looked_up(JobClient(client), model, job, kind, cancel=cancel, limit=limit)
    if as_json:
        typer.echo(json.dumps(found))
    elif isinstance(found, list):
        Console().print(_table(found))
    elif cancel:
        typer.echo(_cancelled(found))
    else:
        _show(found)


def _looked_up(
    client: JobClient, model: str, job: str | None, kind: Kind | None, *, cancel: bool, limit: int
) -> Job | list[Job]:
    kinds = KINDS if kind is None else (kind,)
    if job is None:
        found = [{**one, "kind": of} for of in kinds for one in client.newest(model, of, limit)]
        return sorted(found, key=lambda one: str(one["id"]), reverse=True)
    of = _kind_of(client, model, job, kinds)
    return client.cancel(model, of, job) if cancel else client.find(model, of, job)


def _kind_of(client: JobClient, model: str, job: str, kinds: tuple[Kind, ...]) -> Kind:
    """The kind that has the job; where none has it, the last one is left to say so."""
    for kind in kinds[:-1]:
        try:
            client.find(model, kind, job)
        except Refused as refusal:
            if refusal.problem_code != "job-unknown":
                raise
        else:
            return kind
    return kinds[-1]


def _table(found: list[Job]) -> Table:
    table = Table("job", "kind", "state", "started by", "created", "what it came to")
    for job in found:
        came_to = verdict(job) if is_over(job) else detail(job["progress"] or {})
        created = str(job["created"])[:16].replace("T", " ")
        table.add_row(job["id"], job["kind"], job["state"], job["principal"], created, Text(came_to))
    return table


def _show(job: Job) -> None:
    console = Console(highlight=False)
    asked: dict[str, Any] = {name: value for name, value in job["parameters"].items() if value not in (None, "", [])}
    table = Table(show_header=False)
    for name in ("id", "state", "trigger", "principal", "created", "started", "ended", "attempts", "champion"):
        table.add_row(name, Text("–" if job[name] is None else str(job[name])))
    table.add_row("asked for", Text(json.dumps(asked)))
    console.print(table)
    for line in job["log"]:
        console.print(Text(line), soft_wrap=True)
    if is_over(job):
        show(job) if _is_evaluation(job) else typer.echo(verdict(job))
    elif job["progress"]:
        typer.echo(f"{job['progress'].get('stage')} {detail(job['progress'])}".strip())


def _is_evaluation(job: Job) -> bool:
    return bool(job["result"]) and job["result"]["kind"] == "evaluate"


def _cancelled(job: Job) -> str:
    return "The job is cancelled." if is_over(job) else "The job is asked to end."
