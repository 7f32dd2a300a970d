"""Cells of an experiment, made of requests that never were sent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loadtest.experiment import tables
from loadtest.experiment.cells import Cell
from loadtest.experiment.folder import CELL, EVENTS, SECONDS, Folder, begin
from loadtest.experiment.outcome import Outcome
from loadtest.experiment.plan import Plan
from loadtest.experiment.recording import Recording
from loadtest.experiment.running import REQUESTS, SIGNALS
from loadtest.experiment.targets.target import Happening, Sample, Signal
from loadtest.requests import SCHEMA

BEGAN = 1_000_000.0
LOCAL: dict[str, Any] = {"name": "some", "model": "tiny", "target": {"kind": "local"}}
LOAD = {"users": [10], "seconds": 10, "warm_up_s": 2}
CLUSTER = {"kind": "cluster", "urls": ["http://127.0.0.1:1"], "workload": "inferenceservice/tiny", "hpa": "tiny"}


def plan(**parts: Any) -> Plan:
    return Plan.model_validate({**LOCAL, "load": LOAD, **parts})


def asked(per_s: int, *, ms: float = 100.0, failed: int = 0, seconds: int = 10) -> pa.Table:
    """So many requests in each second, evenly; the first `failed` of each second fail."""
    rows = [
        {
            "time": BEGAN + second + place / per_s,
            "name": "predict",
            "ms": ms,
            "error": "503" if place < failed else None,
        }
        for second in range(seconds)
        for place in range(per_s)
    ]
    return tables.requests(BEGAN, pa.Table.from_pylist(rows, SCHEMA))


def recording(counts: list[tuple[int, int]], *signals: Signal) -> Recording:
    """Wanted and ready replicas, second by second, each taking half a processor."""
    return Recording(
        [
            (BEGAN + second + 0.1, Sample(wanted, ready, cpu_s=second / 2, memory_bytes=2**20, signals=signals))
            for second, (wanted, ready) in enumerate(counts)
        ]
    )


def outcome(some: Plan, cell: Cell, requests: pa.Table, seen: Recording) -> Outcome:
    return Outcome.of(cell, some, requests, tables.seconds(requests, [cell.users] * 10, BEGAN, seen))


Finish = Callable[..., None]


def finish(folder: Folder, cell: Cell, requests: pa.Table, seen: Recording) -> None:
    """Write a cell as a run does."""
    with folder.filling(cell) as path:
        by_second = tables.seconds(requests, [cell.users] * 10, BEGAN, seen)
        pq.write_table(requests, path / REQUESTS)
        pq.write_table(by_second, path / SECONDS)
        pq.write_table(tables.signals(BEGAN, seen), path / SIGNALS)
        happened = [Happening(BEGAN + 1, "Replica", "replica-1", "Ready", "4.0 s after its start")]
        pq.write_table(tables.events(BEGAN, happened), path / EVENTS)
        found = Outcome.of(cell, folder.plan, requests, by_second)
        (path / CELL).write_text(json_of(found))


def json_of(found: Outcome) -> str:
    import json

    return json.dumps(found.document())


@pytest.fixture
def finished(tmp_path: Path) -> Folder:
    """Two numbers of replicas under ten users: the second answers 1.8 times as much."""
    folder = begin(tmp_path / "some", plan(replicas=[1, 2], slo={"p95_ms": 200, "failed": 0, "efficiency": 0.85}))
    folder.note_target("some machine")
    for replicas, per_s in ((1, 50), (2, 90)):
        finish(folder, Cell(replicas, 10, 1), asked(per_s), recording([(replicas, replicas)] * 10))
    return folder
