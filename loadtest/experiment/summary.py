"""An experiment as a whole: repeats of a cell together, scaling efficiency, and the verdict on what was promised."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, NamedTuple

from loadtest.experiment.outcome import Outcome
from loadtest.experiment.plan import Plan, PublishedPart, Replicas, SloPart

Optional = float | None


@dataclass(frozen=True)
class Row:
    """All repeats of a number of replicas under a number of users: medians, and failures in sum."""

    replicas: Replicas
    users: int
    repeats: int
    requests_per_s: float
    lowest: float
    """Of the repeats' requests a second."""
    highest: float
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    requests: int
    failures: int
    mean_replicas: float
    most_replicas: int
    cpu_cores: Optional
    memory_bytes: Optional
    gpu_share: Optional
    cost_per_million: Optional
    decision_s: Optional
    ready_s: Optional

    @property
    def failed(self) -> float:
        """Share of the requests, from 0 to 1."""
        return self.failures / self.requests if self.requests else 0.0


MEDIANS = (
    "requests_per_s", "mean_ms", "p50_ms", "p95_ms", "p99_ms", "mean_replicas", "cpu_cores", "memory_bytes",
    "gpu_share", "cost_per_million", "decision_s", "ready_s",
)  # fmt: skip


def rows(outcomes: Sequence[Outcome]) -> Sequence[Row]:
    """In the order in which they first come."""
    keys = dict.fromkeys((one.replicas, one.users) for one in outcomes)
    return [_row([one for one in outcomes if (one.replicas, one.users) == key]) for key in keys]


def _row(same: Sequence[Outcome]) -> Row:
    rates = [one.requests_per_s for one in same]
    medians: dict[str, Any] = {name: _median(getattr(one, name) for one in same) for name in MEDIANS}
    return Row(
        replicas=same[0].replicas,
        users=same[0].users,
        repeats=len(same),
        lowest=min(rates),
        highest=max(rates),
        requests=sum(one.requests for one in same),
        failures=sum(one.failures for one in same),
        most_replicas=max(one.most_replicas for one in same),
        **medians,
    )


def _median(values: Iterable[Optional]) -> Optional:
    known = [value for value in values if value is not None]
    return median(known) if known else None


class Scaling(NamedTuple):
    """What a number of replicas brings, at the number of users with which it answers most."""

    replicas: int
    users: int
    requests_per_s: float
    speedup: float
    """Over the fewest replicas."""
    efficiency: float
    """Speed-up by how many times as many replicas there are."""


def scaling(found: Sequence[Row]) -> Sequence[Scaling]:
    """By fixed numbers of replicas, the fewest first; empty without one."""
    numbers = sorted({row.replicas for row in found if isinstance(row.replicas, int)})
    best = {number: max((row for row in found if row.replicas == number), key=_rate) for number in numbers}
    if not best:
        return []
    least = numbers[0]
    return [
        Scaling(number, row.users, row.requests_per_s, speedup, speedup * least / number)
        for number, row in best.items()
        for speedup in [row.requests_per_s / best[least].requests_per_s]
    ]


def _rate(row: Row) -> float:
    return row.requests_per_s


class Check(NamedTuple):
    """One promise, and whether it was held."""

    held: bool
    sentence: str


def verdict(slo: SloPart, found: Sequence[Row]) -> Sequence[Check]:
    """Each promise that the plan names."""
    return [*_times(slo, found), *_failures(slo, found), *_efficiency(slo, found), *_autoscaler(slo, found)]


def _times(slo: SloPart, found: Sequence[Row]) -> Iterator[Check]:
    if slo.p95_ms is None:
        return
    numbers = [row.replicas for row in found if isinstance(row.replicas, int)]
    for row in found:
        if row.replicas in {max(numbers, default=0), "hpa"}:
            yield Check(
                row.p95_ms <= slo.p95_ms,
                f"{label(row.replicas)}, {row.users} users: 95 % were answered within {row.p95_ms:,.0f} ms; "
                f"promised: {slo.p95_ms:,.0f} ms.",
            )


def _failures(slo: SloPart, found: Sequence[Row]) -> Iterator[Check]:
    if slo.failed is not None and found:
        worst = max(found, key=lambda row: row.failed)
        sentence = (
            f"At most {worst.failed:.2%} of the requests failed ({label(worst.replicas)}, {worst.users} users), "
            f"{sum(row.failures for row in found):,} of {sum(row.requests for row in found):,} in all; "
            f"promised: {slo.failed:.2%}."
        )
        yield Check(worst.failed <= slo.failed, sentence)


def _efficiency(slo: SloPart, found: Sequence[Row]) -> Iterator[Check]:
    steps = scaling(found)
    if slo.efficiency is not None and len(steps) > 1:
        first, last = steps[0], steps[-1]
        sentence = (
            f"From {first.replicas} to {last.replicas} replicas the throughput grew {last.speedup:.2f} times: "
            f"scaling efficiency {last.efficiency:.2f}; promised: {slo.efficiency:.2f}."
        )
        yield Check(last.efficiency >= slo.efficiency, sentence)


def _autoscaler(slo: SloPart, found: Sequence[Row]) -> Iterator[Check]:
    for row in found:
        if row.replicas == "hpa":
            yield from _reached(f"{row.users} users: the first decision for more", row.decision_s, slo.decision_s)
            yield from _reached(f"{row.users} users: a new replica ready after it", row.ready_s, slo.ready_s)


def _reached(what: str, seconds: Optional, promised: Optional) -> Iterator[Check]:
    if promised is not None:
        took = "never" if seconds is None else f"{seconds:,.0f} s"
        held = seconds is not None and seconds <= promised
        yield Check(held, f"{what}: {took}; promised: {promised:,.0f} s.")


def label(replicas: Replicas) -> str:
    """For people."""
    return "autoscaler" if replicas == "hpa" else f"{replicas} replica{'' if replicas == 1 else 's'}"


def published(plan: Plan, row: Row) -> PublishedPart | None:
    """Others' numbers for the same cell."""
    return next((one for one in plan.published if (one.replicas, one.users) == (row.replicas, row.users)), None)


def document(plan: Plan, outcomes: Sequence[Outcome], target: str) -> dict[str, Any]:
    """For JSON."""
    found = rows(outcomes)
    return {
        "plan": plan.document(),
        "target": target,
        "rows": [asdict(row) | {"failed": row.failed} for row in found],
        "scaling": [one._asdict() for one in scaling(found)],
        "verdict": [one._asdict() for one in verdict(plan.slo, found)],
        "cells": [one.document() for one in outcomes],
    }
