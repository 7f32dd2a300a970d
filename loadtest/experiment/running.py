"""Running the cells that are missing."""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from loadtest import requests as request_log
from loadtest.cli import users_settings
from loadtest.experiment import tables
from loadtest.experiment.cells import Cell
from loadtest.experiment.folder import CELL, EVENTS, SECONDS, Folder
from loadtest.experiment.outcome import Outcome
from loadtest.experiment.plan import LoadPart
from loadtest.experiment.recording import Recording, recorded
from loadtest.experiment.targets.target import Target
from loadtest.run import Now, run
from loadtest.scenarios import Scenario, scenario

REQUESTS, SIGNALS, HPA = "requests.parquet", "signals.parquet", "hpa.jsonl"
Tell = Callable[[Cell, str], None]
"""Hears how a cell stands."""


def run_missing(folder: Folder, target: Target, tell: Tell) -> None:
    """Run them one after the other; raises `LoadTestError`, and what is done stays done."""
    for cell in folder.missing():
        target.scale(cell.replicas, partial(tell, cell))
        folder.note_target(target.describe())
        time.sleep(folder.plan.pause_s)
        with folder.filling(cell) as path:
            _run(folder, cell, target, path, tell)


def shape(load: LoadPart, users: int) -> Scenario:
    """A cell's users over time."""
    return scenario(load.scenario).changed(users, load.seconds)


def _run(folder: Folder, cell: Cell, target: Target, path: Path, tell: Tell) -> None:
    began = time.time()
    with recorded(target) as recording:
        run(target.urls[0], path, _settings(folder, cell, target, path), lambda now: tell(cell, _state(now, recording)))
    if time.time() - began < folder.plan.load.seconds:
        # Locust ends well when it is interrupted; a cell that is cut short is none.
        raise KeyboardInterrupt
    if recording.error is not None:
        raise recording.error
    _write(folder, cell, target, path, recording)


def _settings(folder: Folder, cell: Cell, target: Target, path: Path) -> dict[str, str]:
    load = folder.plan.load
    found = users_settings(target.urls[0], folder.plan.model, load.data, shape(load, cell.users))
    return found | {
        "LOADTEST_SCENARIO": load.scenario,
        "LOADTEST_THINK_S": json.dumps(load.think_s),
        "LOADTEST_MIX": json.dumps(load.mix),
        "LOADTEST_HOSTS": json.dumps(target.urls),
        "LOADTEST_REQUESTS": str((path / REQUESTS).absolute()),
    }


def _state(now: Now, recording: Recording) -> str:
    replicas = "" if recording.last is None else f"{recording.last.ready} replicas, "
    return f"{replicas}{now.requests_per_s:,.0f} requests/s, {now.failures:,} failed"


def _write(folder: Folder, cell: Cell, target: Target, path: Path, recording: Recording) -> None:
    started, sent = request_log.read(path / REQUESTS)
    asked = tables.requests(started, sent)
    by_second = tables.seconds(asked, _users(folder.plan.load, cell.users), started, recording)
    pq.write_table(asked, path / REQUESTS)
    pq.write_table(by_second, path / SECONDS)
    pq.write_table(tables.signals(started, recording), path / SIGNALS)
    pq.write_table(tables.events(started, target.happenings(started)), path / EVENTS)
    _write_hpa(path / HPA, recording)
    outcome = Outcome.of(cell, folder.plan, asked, by_second)
    (path / CELL).write_text(json.dumps(outcome.document(), indent=2))


def _users(load: LoadPart, users: int) -> Sequence[int]:
    curve = shape(load, users)
    return [curve.users_at(second) or 0 for second in range(int(load.seconds))]


def _write_hpa(path: Path, recording: Recording) -> None:
    """The autoscaler as Kubernetes had it, where there is one: a line for each change."""
    last, lines = None, []
    for now, sample in recording.samples:
        if sample.hpa is not None and sample.hpa != last:
            last = sample.hpa
            lines.append(json.dumps({"time": now, "hpa": last}))
    if lines:
        path.write_text("\n".join(lines) + "\n")
