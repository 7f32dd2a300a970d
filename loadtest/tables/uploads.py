"""Files of many rows through the gateway: how long, and how much memory it takes on both sides."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from loadtest.processor import seconds
from loadtest.tables.files import MEDIA_TYPES
from loadtest.tables.memory import PeakMemory
from loadtest.tables.scoring import Scored, score

TIMEOUT_S = 1800.0


@dataclass(frozen=True)
class Upload:
    """One measurement."""

    scored: Scored
    gateway_mb: float
    """What the gateway took at most beyond what it had before, in MB of a million bytes."""
    processor_s: float
    """Seconds that gateway, model server and client computed, on all processors together."""


@dataclass(frozen=True)
class Uploads:
    """Sends files to one address; the gateway is process `pid`, the model server another one or a child of it."""

    url: str
    pid: int
    server: int

    def measure(self, source: Path) -> Upload:
        """Score one file in a client process of its own; raises `httpx.HTTPError`."""
        target = source.with_name(f"scored{source.suffix}")
        media_type = MEDIA_TYPES[source.suffix.removeprefix(".")]
        before = seconds((self.pid, self.server))
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as client, PeakMemory(self.pid) as memory:
            scored = client.submit(score, self.url, source, target, media_type, TIMEOUT_S).result()
        target.unlink()
        computed = seconds((self.pid, self.server)) - before
        return Upload(scored, memory.added_mb, computed + scored.processor_s)


def table(rounds: dict[tuple[int, str], list[Upload]]) -> Table:
    """One row a file."""
    result = Table(
        "rows", "format", title="Median (range); spooled, parsed, scored, written; client on the same machine"
    )
    for heading in ("MB in", "MB out", "seconds", "rows/s", "processor s", "gateway +MB", "client +MB"):
        result.add_column(heading, justify="right")
    for (rows, ending), uploads in rounds.items():
        result.add_row(f"{rows:,}", ending, *_cells(rows, uploads))
    return result


def _cells(rows: int, uploads: Sequence[Upload]) -> tuple[str, ...]:
    first, taken = uploads[0].scored, [upload.scored.seconds for upload in uploads]
    computed = [upload.processor_s for upload in uploads]
    return (
        f"{first.bytes_in / 1e6:,.1f}",
        f"{first.bytes_out / 1e6:,.1f}",
        f"{median(taken):.2f} ({min(taken):.2f}–{max(taken):.2f})",
        f"{rows / median(taken):,.0f}",
        f"{median(computed):.1f} ({min(computed):.1f}–{max(computed):.1f})",
        _largest(uploads, lambda upload: upload.gateway_mb),
        _largest(uploads, lambda upload: upload.scored.client_mb),
    )


def _largest(uploads: Sequence[Upload], figure: Callable[[Upload], float]) -> str:
    return f"{max(map(figure, uploads)):,.0f}"
