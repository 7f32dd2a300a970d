"""`trireme upload`: send labelled training data to a running gateway."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from contract.tabular.formats import MEDIA_TYPES, Format
from trireme.client import Client
from trireme.connected import connected
from trireme.errors import FileUnreadable, Refused
from trireme.labelled_files import LabelledFile, find, portions
from trireme.predict import TABLE_TIMEOUT_S
from trireme.predict_table import sending, table_format

upload = typer.Typer(help="Send labelled pictures, or a table with labels, as training data.")

ModelArgument = Annotated[str, typer.Argument(help="The model's name.")]
PathsArgument = Annotated[
    list[Path], typer.Argument(help="Folders with one folder a label, pictures with --label, or one table's file.")
]
LabelOption = Annotated[str | None, typer.Option(help="The label of all pictures.")]
TargetOption = Annotated[str | None, typer.Option(help="The column of a table with the label; else the model's own.")]
UseOption = Annotated[Literal["training", "evaluation"], typer.Option(help="What the examples are for.")]
NoteOption = Annotated[str, typer.Option(help="What is said of the batch.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Send nothing of a request in which one example is bad.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")]
UrlOption = Annotated[str | None, typer.Option(help="The gateway's address.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass
class Outcome:
    """What became of all requests."""

    batches: list[str] = field(default_factory=list)
    labels: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def add(self, answer: dict[str, Any]) -> None:
        """Take in one answer of the gateway."""
        self.batches += [answer["batch"]] if answer["batch"] else []
        self.labels += Counter(answer["labels"])
        self.duplicates += answer["duplicates"]
        self.refused += Counter(answer["refused"])
        self.problems += answer["problems"]

    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "batches": self.batches,
            "accepted": self.labels.total(),
            "labels": self.labels,
            "duplicates": self.duplicates,
            "refused": self.refused,
            "problems": self.problems,
        }

    def sentence(self) -> str:
        """How many were taken, were there already, and were refused."""
        reasons = ", ".join(f"{count:,} {code}" for code, count in self.refused.most_common())
        refused = f", {self.refused.total():,} refused ({reasons})" if reasons else ""
        return f"{self.labels.total():,} example(s) added, {self.duplicates:,} there already{refused}"


@upload.command()
def main(
    model: ModelArgument,
    paths: PathsArgument,
    label: LabelOption = None,
    target: TargetOption = None,
    use: UseOption = "training",
    note: NoteOption = "",
    strict: StrictOption = False,
    dry_run: DryRunOption = False,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send labelled pictures, or a table with labels, as training data."""
    terms: dict[str, str | bool] = {"use": use, "note": note, "strict": strict}
    sent = table_format(paths[0]) if len(paths) == 1 else None
    files = [] if sent else find(paths, label)
    if dry_run:
        typer.echo(_plan(files, paths[0]))
        return
    with connected(url, timeout_s=TABLE_TIMEOUT_S) as client:
        outcome = (
            _send_table(client, model, paths[0], sent, target, terms) if sent else _send(client, model, files, terms)
        )
    _tell(outcome, as_json=as_json)


def _send(client: Client, model: str, files: Sequence[LabelledFile], terms: dict[str, str | bool]) -> Outcome:
    outcome = Outcome()
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(files))
        refusal = None
        for portion in portions(files):
            refusal = _send_portion(client, model, portion, terms, outcome) or refusal
            progress.advance(task, len(portion))
    if refusal is not None and not (outcome.labels or outcome.duplicates):
        raise refusal
    return outcome


def _send_portion(
    client: Client, model: str, portion: Sequence[LabelledFile], terms: dict[str, str | bool], outcome: Outcome
) -> Refused | None:
    """Add a request's answer to the outcome; gives the refusal where all of its pictures were refused."""
    labels = {file.name: file.label for file in portion}
    try:
        outcome.add(client.upload_pictures(model, {file.name: _read(file.path) for file in portion}, labels, **terms))
    except Refused as refusal:
        if not refusal.refused:
            raise
        outcome.refused += Counter(refusal.refused)
        return refusal
    return None


def _send_table(
    client: Client, model: str, path: Path, sent: Format, target: str | None, terms: dict[str, str | bool]
) -> Outcome:
    outcome = Outcome()
    with sending(path) as body:
        outcome.add(client.upload_table(model, body, sent=MEDIA_TYPES[sent], target=target, **terms))
    return outcome


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path} can't be read: {error.strerror}.") from error


def _plan(files: Sequence[LabelledFile], table: Path) -> str:
    if not files:
        return f"{table} would be sent as a table."
    labels = Counter(file.label for file in files)
    counts = ", ".join(f"{count:,} {label}" for label, count in sorted(labels.items()))
    return f"{len(files):,} picture(s) would be sent in {len(list(portions(files))):,} batch(es): {counts}"


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(outcome.document()))
        return
    typer.echo(outcome.sentence())
    for problem in outcome.problems[:10]:
        typer.echo(f"  {problem.get('name') or problem['place']}: {problem['detail']}")
