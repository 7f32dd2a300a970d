"""What one cell came to."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loadtest.errors import LocustFailed
from loadtest.experiment.cells import Cell
from loadtest.experiment.plan import Plan, Replicas

HOUR_S = 3600
MILLION = 1_000_000


@dataclass(frozen=True)
class Outcome:
    """Numbers of a cell, without its warm-up; latencies of the requests that succeeded, in milliseconds."""

    replicas: Replicas
    users: int
    repeat: int
    requests: int
    failures: int
    warm_up_failures: int
    requests_per_s: float
    """That succeeded."""
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    mean_replicas: float
    """Those that were ready."""
    most_replicas: int
    cpu_cores: float | None
    memory_bytes: float | None
    gpu_share: float | None
    cost_per_million: float | None
    """Predictions that succeeded, by what the replicas cost in that time."""
    decision_s: float | None
    """From the load's begin to the first time that more replicas were wanted; None: never."""
    ready_s: float | None
    """From then to the first new replica that was ready."""

    @property
    def failed(self) -> float:
        """Share of the requests, from 0 to 1."""
        return self.failures / self.requests if self.requests else 0.0

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of(cls, cell: Cell, plan: Plan, asked: pa.Table, by_second: pa.Table) -> Self:
        """From a cell's tables; raises `LocustFailed` where no request succeeded."""
        begin, end = plan.load.warm_up_s, plan.load.seconds
        seconds = asked["second"].to_numpy()
        counted = (seconds >= begin) & (seconds < end)
        failed = ~np.asarray(asked["error"].is_null())
        good = asked["ms"].to_numpy()[counted & ~failed]
        if not len(good):
            raise LocustFailed(f"No request succeeded in {cell.name}.")
        looks = by_second.filter(pc.greater_equal(by_second["second"], begin))
        rate, replicas = len(good) / (end - begin), _mean(looks["ready"]) or 0.0
        p50, p95, p99 = (float(ms) for ms in np.percentile(good, (50, 95, 99)))
        decision_s, ready_s = _grown(by_second, "wanted"), _grown(by_second, "ready")
        return cls(
            replicas=cell.replicas,
            users=cell.users,
            repeat=cell.repeat,
            requests=int(counted.sum()),
            failures=int((counted & failed).sum()),
            warm_up_failures=int(((seconds < begin) & failed).sum()),
            requests_per_s=rate,
            mean_ms=float(good.mean()),
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            mean_replicas=replicas,
            most_replicas=int(pc.max(by_second["ready"]).as_py() or 0),
            cpu_cores=_mean(looks["cpu_cores"]),
            memory_bytes=_mean(looks["memory_bytes"]),
            gpu_share=_mean(looks["gpu_share"]),
            cost_per_million=cost_per_million(plan.price_per_replica_hour, replicas, rate),
            decision_s=decision_s,
            ready_s=None if decision_s is None or ready_s is None else ready_s - decision_s,
        )


def cost_per_million(price_per_replica_hour: float | None, replicas: float, rate: float) -> float | None:
    """Of so many answers, at `rate` a second by so many replicas; None without a price."""
    if price_per_replica_hour is None:
        return None
    return price_per_replica_hour * replicas / HOUR_S / rate * MILLION


def _mean(column: pa.ChunkedArray) -> float | None:
    found = pc.mean(column).as_py()
    return None if found is None else float(found)


def _grown(by_second: pa.Table, name: str) -> float | None:
    """The first second in which there were more than in the first one that was looked at."""
    known = [(row["second"], row[name]) for row in by_second.to_pylist() if row[name] is not None]
    return next((float(second) for second, count in known if count > known[0][1]), None)
