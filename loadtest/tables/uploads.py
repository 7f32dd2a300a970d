"""Files of many rows through the gateway: how long, and how much memory it takes on both sides."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

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


@dataclass(frozen=True)
class Uploads:
    """Sends files to one address; the gateway is process `pid`."""

    url: str
    pid: int

    def measure(self, source: Path) -> Upload:
        """Score one file in a client process of its own; raises `httpx.HTTPError`."""
        target = source.with_name(f"scored{source.suffix}")
        media_type = MEDIA_TYPES[source.suffix.removeprefix(".")]
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as client, PeakMemory(self.pid) as memory:
            scored = client.submit(score, self.url, source, target, media_type, TIMEOUT_S).result()
        target.unlink()
        return Upload(scored, memory.added_mb)


def table(rounds: dict[tuple[int, str], list[Upload]]) -> Table:
    """One row a file."""
    result = Table(
        "rows", "format", title="Median (range); spooled, parsed, scored, written; client on the same machine"
    )
    for heading in ("MB in", "MB out", "seconds", "rows/s", "gateway +MB", "client +MB"):
        result.add_column(heading, justify="right")
    for (rows, ending), uploads in rounds.items():
        result.add_row(f"{rows:,}", ending, *_cells(rows, uploads))
    return result


def _cells(rows: int, uploads: Sequence[Upload]) -> tuple[str, ...]:
    first, seconds = uploads[0].scored, [upload.scored.seconds for upload in uploads]
    return (
        f"{first.bytes_in / 1e6:,.1f}",
        f"{first.bytes_out / 1e6:,.1f}",
        f"{median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})",
        f"{rows / median(seconds):,.0f}",
        _largest(uploads, lambda upload: upload.gateway_mb),
        _largest(uploads, lambda upload: upload.scored.client_mb),
    )


def _largest(uploads: Sequence[Upload], figure: Callable[[Upload], float]) -> str:
    return f"{max(map(figure, uploads)):,.0f}"
