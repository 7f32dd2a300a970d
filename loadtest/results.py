"""What a load test came to, from the files that Locust leaves."""

import csv
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

_OURS = re.compile(r"CatchResponseError\((['\"])(?P<said>.*)\1\)")
ALL = "Aggregated"
"""Locust's name for all requests together."""


@dataclass(frozen=True)
class Line:
    """One kind of request; times in milliseconds, from the request's sending to the answer's end."""

    name: str
    requests: int
    failures: int
    requests_per_s: float
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, row: dict[str, str]) -> Self:
        """A row of `stats_stats.csv`; a time without a request is 0."""
        times = {key: _number(row[column]) for key, column in _TIMES.items()}
        requests, failures = int(row["Request Count"]), int(row["Failure Count"])
        return cls(row["Name"], requests, failures, _number(row["Requests/s"]), **times)

    @property
    def failed(self) -> float:
        """Share of requests that failed, from 0 to 1."""
        return self.failures / self.requests if self.requests else 0.0


_TIMES = {
    "mean_ms": "Average Response Time", "p50_ms": "50%", "p95_ms": "95%", "p99_ms": "99%",
    "max_ms": "Max Response Time",
}  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """Failures of one kind."""

    name: str
    """Of the request."""
    error: str
    count: int


@dataclass(frozen=True)
class Results:
    """A whole test."""

    lines: Sequence[Line]
    """By kind of request."""
    total: Line
    failures: Sequence[Failure]
    """The most frequent first."""

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def misses(self, p95_ms: float | None, failed: float | None) -> list[str]:
        """Which of the limits were not held, a sentence each; `failed` is a share from 0 to 1."""
        found = []
        if not self.total.requests:
            found.append("Nothing was sent.")
        if p95_ms is not None and self.total.p95_ms > p95_ms:
            found.append(f"95 % were answered within {self.total.p95_ms:,.0f} ms, not {p95_ms:,.0f} ms.")
        if failed is not None and self.total.failed > failed:
            found.append(f"{self.total.failed:.2%} failed, more than {failed:.2%}.")
        return found


def read(folder: Path) -> Results:
    """The results that lie in a folder."""
    lines = [Line.of(row) for row in _rows(folder / "stats_stats.csv")]
    failures = [
        Failure(row["Name"], _said(row["Error"]), int(row["Occurrences"]))
        for row in _rows(folder / "stats_failures.csv")
    ]
    return Results(
        [line for line in lines if line.name != ALL],
        next(line for line in lines if line.name == ALL),
        sorted(failures, key=lambda failure: -failure.count),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _said(error: str) -> str:
    """What a user of ours said of a failure; Locust writes down which exception it made of it."""
    found = _OURS.fullmatch(error)
    return error if found is None else found["said"]


def _number(text: str) -> float:
    return 0.0 if text in {"", "N/A"} else float(text)
