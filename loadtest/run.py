"""Running a scenario: Locust in a process of its own, followed while it works."""

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from loadtest.errors import LocustFailed
from loadtest.results import Results, read

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
POLL_S = 0.5
STOP_S = 30
"""For the requests that are under way at the end."""
LAST_LINES = 3


@dataclass(frozen=True)
class Now:
    """How a test stands."""

    users: int
    requests_per_s: float
    failures: int


def run(url: str, folder: Path, settings: Mapping[str, str], tell: Callable[[Now], None]) -> Results:
    """Run Locust with these `LOADTEST_…` settings against a gateway; its files come into `folder`.

    `tell` hears twice a second how it stands. Ctrl-C ends the test early, and what was measured counts.
    Raises `LocustFailed`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "locust.log").open("w") as log, _started(url, folder, settings, log.fileno()) as process:
        with contextlib.suppress(KeyboardInterrupt):
            _follow(process, folder, tell)
        code = _end(process)
    return read(folder) if (folder / "stats_stats.csv").is_file() else _failed(folder, code)


def _started(url: str, folder: Path, settings: Mapping[str, str], log: int) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--host", url, "--headless", "--only-summary",
        "--csv", str(folder / "stats"), "--html", str(folder / "report.html"), "--stop-timeout", str(STOP_S),
        "--exit-code-on-error", "0",
    ]  # fmt: skip
    # A session of its own: Ctrl-C is ours to pass on.
    return subprocess.Popen(
        command,
        env={**os.environ, **settings},
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _follow(process: "subprocess.Popen[bytes]", folder: Path, tell: Callable[[Now], None]) -> None:
    while process.poll() is None:
        for now in _now(folder):
            tell(now)
        time.sleep(POLL_S)


def _end(process: "subprocess.Popen[bytes]") -> int:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(STOP_S + 10)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _now(folder: Path) -> Iterator[Now]:
    with contextlib.suppress(OSError, ValueError, KeyError), (folder / "stats_stats_history.csv").open() as file:
        rows = list(csv.DictReader(file))
        if rows:
            last = rows[-1]
            failures = int(last["Total Failure Count"])
            yield Now(int(last["User Count"]), float(last["Requests/s"]), failures)


def _failed(folder: Path, code: int) -> Results:
    wrote = [line for line in (folder / "locust.log").read_text(errors="replace").splitlines() if line.strip()]
    raise LocustFailed(f"Locust ended with status {code}; it last wrote: {' '.join(wrote[-LAST_LINES:])}")


def to_json(results: Results) -> str:
    """Results for a program."""
    return json.dumps(results.document(), indent=2)
