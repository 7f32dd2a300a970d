"""Scoring one file through the gateway, as a client of its own process does it."""

import resource
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from loadtest.credentials import credentials

CHUNK = 1 << 20


@dataclass(frozen=True)
class Scored:
    """One file that went in and came back."""

    seconds: float
    client_mb: float
    """What the client took at most beyond what it had when it began, in MB of a million bytes."""
    processor_s: float
    """Seconds that the client computed."""
    bytes_in: int
    bytes_out: int


def score(url: str, source: Path, target: Path, media_type: str, timeout_s: float) -> Scored:
    """Send a file and write the answer to another; raises `httpx.HTTPError`."""
    started, computed, before = time.perf_counter(), time.process_time(), _peak_mb()
    size = source.stat().st_size
    headers = {"Content-Type": media_type, "Accept": media_type, "Content-Length": str(size), **credentials()}
    with (
        source.open("rb") as body,
        httpx.Client(trust_env=False, timeout=timeout_s) as client,
        client.stream("POST", url, content=iter(lambda: body.read(CHUNK), b""), headers=headers) as answer,
    ):
        answer.raise_for_status()
        written = _write(answer, target)
    return Scored(
        time.perf_counter() - started,
        _peak_mb() - before,
        time.process_time() - computed,
        size,
        written,
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6  # kilobytes on Linux


def _write(answer: httpx.Response, target: Path) -> int:
    with target.open("wb") as file:
        return sum(file.write(chunk) for chunk in answer.iter_raw())
