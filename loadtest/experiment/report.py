"""An experiment as one HTML page that needs nothing else."""

from collections.abc import Sequence
from html import escape

import pyarrow as pa

from loadtest.drawing import Line, Panel, Points
from loadtest.experiment import cells_text as texts
from loadtest.experiment.folder import EVENTS, SECONDS, Folder
from loadtest.experiment.outcome import Outcome
from loadtest.experiment.plan import Plan
from loadtest.experiment.running import SIGNALS
from loadtest.experiment.summary import Row, label, rows, scaling, verdict
from loadtest.interactive import draw, script
from loadtest.page import document, paragraphs, table

NAN = float("nan")


def page(folder: Folder) -> str:
    """Verdict, tables, plots by replicas, and each cell over time."""
    outcomes = folder.outcomes()
    found = rows(outcomes)
    parts = (
        paragraphs([folder.target, *_missing(folder)]),
        _verdict(folder.plan, found),
        table(texts.HEADINGS, map(texts.cells, found)),
        _scaling(found),
        _published(folder.plan, found),
        draw(by_users(folder.plan, found)) if found else "",
        "<h2>Second by second</h2>",
        *(_cell(folder, one) for one in outcomes),
    )
    return document(f"Experiment: {folder.plan.name}", "".join(parts), head=script())


def _missing(folder: Folder) -> Sequence[str]:
    count = len(folder.missing())
    return [f"{count} cells are still to run."] if count else []


def _verdict(plan: Plan, found: Sequence[Row]) -> str:
    checks = verdict(plan.slo, found)
    return "".join(f"<p>{'✓' if one.held else '✗'} {escape(one.sentence)}</p>" for one in checks)


def _scaling(found: Sequence[Row]) -> str:
    steps = scaling(found)
    return f"<h2>Scaling</h2>{table(texts.SCALING_HEADINGS, map(texts.scaling_cells, steps))}" if len(steps) > 1 else ""


def _published(plan: Plan, found: Sequence[Row]) -> str:
    beside = texts.published_rows(plan, found)
    return f"<h2>Beside what was published</h2>{table(texts.PUBLISHED_HEADINGS, beside)}" if beside else ""


def by_users(plan: Plan, found: Sequence[Row]) -> tuple[Panel, ...]:
    """Throughput and latencies over the users, a curve for each number of replicas."""
    return (
        Panel("Requests a second", "users", _over_users(found, "requests_per_s")),
        Panel("Median time, ms", "users", _over_users(found, "p50_ms")),
        Panel("Time of 95 %, ms", "users", _over_users(found, "p95_ms"), limit=plan.slo.p95_ms),
        Panel("Time of 99 %, ms", "users", _over_users(found, "p99_ms")),
    )


def _over_users(found: Sequence[Row], name: str) -> tuple[Line, ...]:
    return tuple(
        Line(label(replicas), sorted((row.users, getattr(row, name)) for row in found if row.replicas == replicas))
        for replicas in dict.fromkeys(row.replicas for row in found)
    )


def _cell(folder: Folder, one: Outcome) -> str:
    again = f", repeat {one.repeat}" if folder.plan.repeats > 1 else ""
    title = f"{label(one.replicas)}, {one.users} users{again}: {one.requests_per_s:,.1f} requests/s"
    seconds, signals = folder.table(one, SECONDS), folder.table(one, SIGNALS)
    drawn = draw([*over_time(seconds), *_signals(signals)])
    happened = folder.table(one, EVENTS).to_pylist()
    listed = [(f"{each['second']:,.0f}", each["kind"], each["reason"], each["message"]) for each in happened]
    events = table(("second", "what", "reason", ""), listed) if listed else ""
    return f"<details><summary>{escape(title)}</summary>{drawn}{events}</details>"


def over_time(seconds: pa.Table) -> tuple[Panel, ...]:
    """What happened in a cell, by what is known of it."""
    panels = (
        ("Requests a second", {"answered": "requests", "failed": "failures"}, 1),
        ("Time of answers, ms", {"p50": "p50_ms", "p95": "p95_ms", "p99": "p99_ms"}, 1),
        ("Replicas", {"wanted": "wanted", "ready": "ready"}, 1),
        ("Processors taken", {"all replicas": "cpu_cores"}, 1),
        ("Memory, MiB", {"all replicas": "memory_bytes"}, 1 / texts.MIB),
        ("GPU, percent", {"mean": "gpu_share"}, 100),
    )
    drawn = (
        Panel(title, "seconds", tuple(Line(name, _points(seconds, column, by)) for name, column in lines.items()))
        for title, lines, by in panels
        if any(seconds[column].null_count < len(seconds) for column in lines.values())
    )
    return tuple(drawn)


def _points(seconds: pa.Table, column: str, by: float) -> Points:
    pairs = zip(seconds["second"].to_pylist(), seconds[column].to_pylist(), strict=True)
    return [(second, NAN if value is None else value * by) for second, value in pairs]


def _signals(signals: pa.Table) -> Sequence[Panel]:
    found = signals.to_pylist()
    return [
        _signal(name, [one for one in found if one["name"] == name])
        for name in dict.fromkeys(signals["name"].to_pylist())
    ]


def _signal(name: str, found: Sequence[dict[str, float | None]]) -> Panel:
    lines = (
        Line(what, [(one["second"] or 0.0, NAN if one[what] is None else one[what] or 0.0) for one in found])
        for what in ("value", "target")
    )
    return Panel(f"Autoscaler: {name}", "seconds", tuple(lines))
