"""Rows of an experiment as texts, for the terminal and the report."""

from collections.abc import Sequence

from loadtest.experiment.plan import Plan, PublishedPart
from loadtest.experiment.summary import Optional, Row, Scaling, label, published

MIB = 1024 * 1024
HEADINGS = (
    "replicas", "users", "requests/s", "mean ms", "p50", "p95", "p99", "failed", "processors", "MiB",
    "a million cost",
)  # fmt: skip
SCALING_HEADINGS = ("replicas", "most requests/s", "at users", "times the fewest", "efficiency")
PUBLISHED_HEADINGS = (
    "replicas", "users", "requests/s", "published", "times", "mean ms", "published", "failed", "published",
)  # fmt: skip


def cells(row: Row) -> tuple[str, ...]:
    """One row."""
    memory = None if row.memory_bytes is None else row.memory_bytes / MIB
    return (
        label(row.replicas) if row.replicas == "hpa" else str(row.replicas),
        str(row.users),
        _rates(row),
        *(f"{ms:,.0f}" for ms in (row.mean_ms, row.p50_ms, row.p95_ms, row.p99_ms)),
        f"{row.failed:.2%}",
        number(row.cpu_cores, ".2f"),
        number(memory, ",.0f"),
        number(row.cost_per_million, ",.2f"),
    )


def scaling_cells(one: Scaling) -> tuple[str, ...]:
    """One number of replicas."""
    return (
        str(one.replicas), f"{one.requests_per_s:,.1f}", str(one.users), f"{one.speedup:.2f}", f"{one.efficiency:.2f}",
    )  # fmt: skip


def published_rows(plan: Plan, found: Sequence[Row]) -> Sequence[tuple[str, ...]]:
    """Beside what others published, where they did."""
    return [_beside(row, theirs) for row in found for theirs in [published(plan, row)] if theirs is not None]


def _beside(row: Row, theirs: PublishedPart) -> tuple[str, ...]:
    times = None if theirs.requests_per_s is None else row.requests_per_s / theirs.requests_per_s
    return (
        str(row.replicas),
        str(row.users),
        f"{row.requests_per_s:,.0f}",
        number(theirs.requests_per_s, ",.0f"),
        number(times, ".1f"),
        f"{row.mean_ms:,.0f}",
        number(theirs.mean_ms, ",.0f"),
        f"{row.failed:.2%}",
        number(theirs.failed, ".1%"),
    )


def _rates(row: Row) -> str:
    each = f"{row.requests_per_s:,.1f}"
    return each if row.repeats == 1 else f"{each} ({row.lowest:,.1f}–{row.highest:,.1f})"


def number(value: Optional, form: str) -> str:
    """A number, or a dash for none."""
    return "–" if value is None else format(value, form)
