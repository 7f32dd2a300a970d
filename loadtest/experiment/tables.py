"""What a cell leaves as Parquet files: requests, seconds, the autoscaler's metrics, and what happened."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from loadtest.experiment.recording import Recording
from loadtest.experiment.targets.target import Happening, Sample

Row = dict[str, Any]
PERCENTS = (50, 95, 99)
SECONDS = pa.schema(
    [
        ("second", pa.int32()),  # since the load's begin
        ("users", pa.int32()),
        ("requests", pa.int32()),  # answered within this second
        ("failures", pa.int32()),
        ("mean_ms", pa.float64()),
        *((f"p{percent}_ms", pa.float64()) for percent in PERCENTS),
        ("wanted", pa.int32()),  # replicas
        ("ready", pa.int32()),
        ("cpu_cores", pa.float64()),  # of all replicas together, as all that follows
        ("memory_bytes", pa.float64()),
        ("gpu_share", pa.float64()),
        ("gpu_memory_bytes", pa.float64()),
    ]
)
SIGNALS = pa.schema(
    [("second", pa.float64()), ("name", pa.string()), ("value", pa.float64()), ("target", pa.float64())]
)
EVENTS = pa.schema(
    [
        ("second", pa.float64()),
        ("kind", pa.string()),
        ("name", pa.string()),
        ("reason", pa.string()),
        ("message", pa.string()),
    ]
)


def requests(started: float, table: pa.Table) -> pa.Table:
    """The users' requests with the second in which each was answered, since the load's begin."""
    seconds = pa.array(table["time"].to_numpy() - started)
    return table.set_column(0, "second", seconds)


def seconds(asked: pa.Table, users: Sequence[int], started: float, recording: Recording) -> pa.Table:
    """A row for each second of the load; `asked` as `requests` gives it."""
    when = np.floor(asked["second"].to_numpy()).astype(int)
    times, failed = asked["ms"].to_numpy(), ~np.asarray(asked["error"].is_null())
    looks = _looks(started, recording)
    rows = [
        {"second": second, "users": count, **_answers(times[when == second], failed[when == second]), **look}
        for second, count in enumerate(users)
        for look in [looks.get(second, {})]
    ]
    return pa.Table.from_pylist(rows, SECONDS)


def _answers(times: "np.ndarray[Any, Any]", failed: "np.ndarray[Any, Any]") -> Row:
    counts = {"requests": len(times), "failures": int(failed.sum())}
    good = times[~failed]
    if not len(good):
        return counts
    points = zip(PERCENTS, np.percentile(good, PERCENTS), strict=True)
    return {**counts, "mean_ms": float(good.mean()), **{f"p{percent}_ms": float(ms) for percent, ms in points}}


def _looks(started: float, recording: Recording) -> dict[int, Row]:
    pairs = zip(recording.samples, recording.cores(), strict=True)
    return {int(now - started): _look(sample, cores) for (now, sample), cores in pairs if now >= started}


def _look(sample: Sample, cores: float | None) -> Row:
    return {
        "wanted": sample.wanted,
        "ready": sample.ready,
        "cpu_cores": cores,
        "memory_bytes": sample.memory_bytes,
        "gpu_share": sample.gpu_share,
        "gpu_memory_bytes": sample.gpu_memory_bytes,
    }


def signals(started: float, recording: Recording) -> pa.Table:
    """What the autoscaler saw, at each look."""
    rows = [
        {"second": now - started, "name": one.name, "value": one.value, "target": one.target}
        for now, sample in recording.samples
        for one in sample.signals
    ]
    return pa.Table.from_pylist(rows, SIGNALS)


def events(started: float, happened: Sequence[Happening]) -> pa.Table:
    """What happened to replicas and autoscaler."""
    rows = [
        {
            "second": one.time - started,
            "kind": one.kind,
            "name": one.name,
            "reason": one.reason,
            "message": one.message,
        }
        for one in happened
    ]
    return pa.Table.from_pylist(rows, EVENTS)
