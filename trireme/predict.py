"""`trireme predict`: send pictures, or a table's file, to a running gateway."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from trireme.client import Client
from trireme.connected import connected
from trireme.errors import FileUnreadable
from trireme.predict_table import predict_table, table_format

predict = typer.Typer(help="Send pictures, or a table's file, to a running gateway.")

TABLE_TIMEOUT_S = 600.0
"""Of each step of a table's way, such as the wait for its first answers."""

ModelArgument = Annotated[str, typer.Argument(help="The model's name.")]
FilesArgument = Annotated[
    list[Path],
    typer.Argument(
        help="Picture files, of which several go as one batch; or one CSV, Parquet, JSON Lines or Arrow file."
    ),
]
VersionOption = Annotated[int | None, typer.Option("--version", help="A version; the stable one without it.")]
TopOption = Annotated[int, typer.Option("--top-k", min=1, help="How many labels to show.")]
OutOption = Annotated[
    Path | None, typer.Option(help="Where a table's answer goes, in the format of this name; else to the output.")
]
UrlOption = Annotated[str | None, typer.Option(help="The gateway's address.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one line a picture.")]


@predict.command()
def main(
    model: ModelArgument,
    files: FilesArgument,
    version: VersionOption = None,
    top_k: TopOption = 3,
    out: OutOption = None,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send pictures to a running gateway and show the labels that come back; or a table's file, and get it scored."""
    if len(files) == 1 and table_format(files[0]) is not None:
        with connected(url, timeout_s=TABLE_TIMEOUT_S) as client:
            predict_table(client, model, files[0], out, version=version)
        return
    bodies = {str(path): _read(path) for path in files}
    with connected(url) as client:
        answers = _ask(client, model, bodies, version=version, top_k=top_k)
        if as_json:
            for answer in answers:
                typer.echo(json.dumps(answer))
        else:
            Console().print(_table(zip(bodies, answers, strict=True)))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path} can't be read: {error.strerror}.") from error


def _ask(
    client: Client, model: str, bodies: dict[str, bytes], *, version: int | None, top_k: int
) -> Iterable[dict[str, Any]]:
    if len(bodies) == 1:
        yield client.predict(model, *bodies.values(), version=version, top_k=top_k)
    else:
        for line in client.predict_batch(model, bodies, version=version, top_k=top_k):
            yield json.loads(line)


def _table(answers: Iterable[tuple[str, dict[str, Any]]]) -> Table:
    table = Table("picture", "version", "label", "probabilities")
    for name, answer in answers:
        if "code" in answer:
            table.add_row(name, "–", f"[red]{answer['code']}[/]", str(answer["detail"]))
        else:
            best = ", ".join(f"{item['label']} {item['probability']:.1%}" for item in answer["top_k"])
            table.add_row(name, f"{answer['model']} {answer['version']}", f"[bold]{answer['label']}[/]", best)
    return table
