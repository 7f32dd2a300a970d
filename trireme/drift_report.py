"""`trireme drift --report`: the full report, which a job makes."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import typer

from contract.files import write_atomically
from trireme.connected import connected
from trireme.following import followed
from trireme.job_client import Job, JobClient, Kind
from trireme.verdict import exit_status, verdict

KIND: Kind = "drift-report"
TIMEOUT_S = 120.0
"""For the page, which has megabytes."""


class Asked(NamedTuple):
    """What a report is to be about."""

    model: str
    version: int | None
    window_s: int

    @property
    def question(self) -> dict[str, Any]:
        """The same for the gateway."""
        given = {"version": self.version, "window_s": self.window_s}
        return {name: value for name, value in given.items() if value is not None}


def fetch_report(url: str | None, asked: Asked, *, out: Path | None, show_page: bool, as_json: bool) -> int:
    """Have it made, wait for it, and write its page; returns the exit status."""
    with connected(url, timeout_s=TIMEOUT_S) as client:
        jobs = JobClient(client)
        job = followed(jobs, asked.model, KIND, jobs.start(asked.model, KIND, asked.question))
        page = jobs.page(asked.model, KIND, job["id"]) if job["state"] == "succeeded" else None
    place = None if page is None else _written(page, out or _place(job))
    _tell(job, place, as_json=as_json)
    if place is not None and show_page:
        typer.launch(place.absolute().as_uri())
    return exit_status(job)


def _place(job: Job) -> Path:
    return Path(f"{job['model']}-v{job['parameters']['version']}-drift.html")


def _written(page: bytes, place: Path) -> Path:
    write_atomically(place, page)
    return place


def _tell(job: Job, place: Path | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**job, "page": None if place is None else str(place)}))
        return
    typer.echo(verdict(job))
    if place is not None:
        typer.echo(f"The page is {place}")
