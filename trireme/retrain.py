"""`trireme retrain`: have a gateway train a new version."""

import json
from typing import Annotated, Any

import typer

from trireme.connected import connected
from trireme.following import followed
from trireme.job_client import Job, JobClient
from trireme.verdict import exit_status, verdict

retrain = typer.Typer(help="Have a gateway train a new version, and publish it if it is good.")

ModelArgument = Annotated[str, typer.Argument(help="The model's name.")]
ProfileOption = Annotated[str | None, typer.Option(help="How long to train; of models of pictures.")]
FromOption = Annotated[int | None, typer.Option(min=1, help="The version to fine-tune from; of models of pictures.")]
DataOption = Annotated[
    list[str] | None,
    typer.Option(help="Uploaded data to add: all (the default), none, or a batch, also several times."),
]
SeedOption = Annotated[int | None, typer.Option(min=0, help="The seed of all that is random.")]
NoteOption = Annotated[str, typer.Option(help="Why, for people.")]
FollowOption = Annotated[bool, typer.Option(help="Wait for the end and show progress, or come back at once.")]
UrlOption = Annotated[str | None, typer.Option(help="The gateway's address.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the job as JSON.")]


@retrain.command()
def main(
    model: ModelArgument,
    profile: ProfileOption = None,
    from_version: FromOption = None,
    data: DataOption = None,
    seed: SeedOption = None,
    note: NoteOption = "",
    follow: FollowOption = True,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a new version on base and uploaded data, and publish it if the model's rule holds.

    Exit status: 0 published (or queued, without following), 3 not good enough, 1 failed or cancelled, 130 Ctrl-C.
    """
    question = {"profile": profile, "from_version": from_version, "data": chosen(data), "seed": seed, "note": note}
    with connected(url) as client:
        jobs = JobClient(client)
        job = jobs.start(model, "retrain", {name: value for name, value in question.items() if value is not None})
        if follow:
            job = followed(jobs, model, "retrain", job)
    _tell(job, as_json=as_json)
    raise typer.Exit(exit_status(job) if follow else 0)


def chosen(data: list[str] | None) -> str | list[str] | None:
    """`all` and `none` are words to the gateway, anything else is a list of batches."""
    return data[0] if data in (["all"], ["none"], ["test"]) else data or None


def _tell(job: Job, *, as_json: bool) -> None:
    document: dict[str, Any] = job
    if as_json:
        typer.echo(json.dumps(document))
    elif job["state"] == "queued":
        typer.echo(f"Queued as job {job['id']}; see it with: trireme jobs {job['model']} {job['id']}")
    else:
        typer.echo(verdict(job))
