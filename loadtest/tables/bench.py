"""`python -m loadtest.tables.bench`: latency of single rows, and files of many rows through the gateway."""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer
from rich.console import Console
from rich.progress import track

from loadtest.bench import Case, table
from loadtest.errors import LoadTestError
from loadtest.grpc_load import GrpcTarget
from loadtest.http_load import HttpTarget
from loadtest.machine import describe
from loadtest.measurement import Measurement, Summary, summarise
from loadtest.models import describe_model
from loadtest.servers import gateway
from loadtest.tables.files import first_row, make_file
from loadtest.tables.in_process import InProcess
from loadtest.tables.memory import listener
from loadtest.tables.uploads import Upload, Uploads
from loadtest.tables.uploads import table as uploads_table
from loadtest.worker import Target, Worker

WIDTH = 160
"""Of the tables, in characters, where they don't go to a terminal."""

Single = Callable[[], Measurement]
"""Measures single rows one way."""

RowsArgument = Annotated[Path, typer.Argument(help="Parquet file with rows as the model takes them.", exists=True)]
GatewayOption = Annotated[str, typer.Option(help="The gateway; where none answers, `trireme serve` is started.")]
TritonOption = Annotated[str, typer.Option(help="Host and port of Triton's gRPC API.")]
ModelOption = Annotated[str, typer.Option(help="The model.")]
SizesOption = Annotated[list[int], typer.Option("--size", min=1, help="Rows of a file; may be given several times.")]
FormatsOption = Annotated[list[str], typer.Option("--format", help="parquet or csv; may be given several times.")]
SecondsOption = Annotated[float, typer.Option(min=0.1, help="Seconds of each measurement of single rows.")]
RoundsOption = Annotated[int, typer.Option(min=1, help="Rounds, in each of which everything is measured once.")]
ProcessOption = Annotated[
    list[str], typer.Option("--in-process", help="A command that answers rows in its own process; see docs/tables.md.")
]


@dataclass(frozen=True)
class Bench:
    """One model at one gateway."""

    gateway: str
    triton: str
    details: Mapping[str, Any]
    rows: Path

    @property
    def path(self) -> str:
        """The address of its predictions."""
        return f"{self.gateway}/v1/models/{self.details['name']}/predict"

    def singles(self, worker: Worker) -> dict[str, Single]:
        """Single rows, each way, by one client."""
        return {name: partial(worker.measure, target, 1) for name, target in self._targets().items()}

    def _targets(self) -> dict[str, Target]:
        row, schema = first_row(self.rows), self.details["input"]
        body = json.dumps({"row": {name: value for name, value in row.items() if name != schema["id"]}}).encode()
        name = f"{self.details['name']}-v{self.details['version']}"
        found: dict[str, Target] = {
            "gateway, one row as JSON": HttpTarget(f"{self.path}?", body, "application/json"),
            "Triton direct, tensor": GrpcTarget(self.triton, name, schema["tensor"], (len(schema["columns"]),), "FP32"),
        }
        if self.details.get("feature_table"):
            by_id = json.dumps({"ids": [row[schema["id"]]]}).encode()
            found["gateway, one row by id"] = HttpTarget(f"{self.path}?", by_id, "application/json")
        return found


def main(  # noqa: PLR0917 - Typer fills them by name
    rows: RowsArgument,
    model: ModelOption,
    gateway_url: GatewayOption = "http://127.0.0.1:8080",
    triton: TritonOption = "127.0.0.1:8001",
    sizes: SizesOption = [10_000, 100_000, 356_255],  # noqa: B006 - Typer's way, never changed
    formats: FormatsOption = ["parquet", "csv"],  # noqa: B006 - as above
    seconds: SecondsOption = 3.0,
    rounds: RoundsOption = 3,
    in_process: ProcessOption = [],  # noqa: B006 - as above
) -> None:
    """Measure, and print two tables."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(describe(), highlight=False)
    try:
        with ExitStack() as stack:
            stack.enter_context(gateway(gateway_url, timeout_s=120))
            bench = Bench(gateway_url, triton, describe_model(gateway_url, model), rows)
            worker = stack.enter_context(Worker(warm_up_s=min(0.5, seconds), seconds=seconds))
            singles = {**bench.singles(worker), **_in_process(stack, in_process, seconds)}
            console.print(table(_single_rows(singles, rounds), rounds, seconds))
            console.print(uploads_table(_files(bench, sizes, formats, rounds)))
    except (LoadTestError, httpx.HTTPError, OSError, LookupError) as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None


def _in_process(stack: ExitStack, commands: Sequence[str], seconds: float) -> dict[str, Single]:
    processes = [stack.enter_context(InProcess(command)) for command in commands]
    return {
        f"{name}, in process": partial(process.measure, name, min(0.5, seconds), seconds)
        for process in processes
        for name in process.names
    }


def _single_rows(singles: Mapping[str, Single], rounds: int) -> dict[Case, Summary]:
    found: dict[str, list[Measurement]] = {name: [] for name in singles}
    for _, (name, measure) in track(list(product(range(rounds), singles.items())), "single rows"):
        found[name].append(measure())
    return {(name, 1): summarise(some) for name, some in found.items()}


def _files(
    bench: Bench, sizes: Sequence[int], formats: Sequence[str], rounds: int
) -> dict[tuple[int, str], list[Upload]]:
    ports = (urlsplit(bench.gateway).port or 80, int(bench.triton.rpartition(":")[2]))
    uploads = Uploads(f"{bench.path}/batch", *map(listener, ports))
    found: dict[tuple[int, str], list[Upload]] = {}
    with tempfile.TemporaryDirectory(prefix="trireme-bench-") as folder:
        for size, ending in track(list(product(sizes, formats)), "files"):
            file = make_file(bench.rows, Path(folder) / f"rows.{ending}", size, bench.details["input"]["id"])
            found[size, ending] = [uploads.measure(file) for _ in range(rounds)]
            file.unlink()
    return found


if __name__ == "__main__":
    typer.run(main)
