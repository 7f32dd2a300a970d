"""A run as one HTML page that needs nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from loadtest.capacity.outcome import Outcome, breaks
from loadtest.drawing import Line, Panel
from loadtest.interactive import draw, script
from loadtest.page import document, paragraphs
from loadtest.page import table as html_table


def page(outcomes: Sequence[Outcome]) -> str:
    """All runs: a table, and for each one what it came to over time."""
    body = "".join(_section(one) for one in outcomes)
    return document(f"Capacity: {outcomes[0].scenario.name}", f"{table(outcomes)}{body}", head=script())


def headings() -> tuple[str, ...]:
    """Of the table."""
    return (
        "replicas",
        "peak/s",
        "answered/s",
        "refused",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "replicas, mean",
        "cost of a million",
    )


def cells(one: Outcome) -> tuple[str, ...]:
    """One run as a row of the table."""
    scaling, load = one.scenario.scaling, one.scenario.load
    pods = [reading.pods for reading in one.readings]
    bounds = f"{scaling.min:,}" if scaling.min == scaling.max else f"{scaling.min:,} to {scaling.max:,}"
    return (
        bounds,
        f"{load.peak:,.0f}",
        f"{one.answered / load.duration_s:,.0f}",
        f"{one.refused_share:.2%}",
        *(f"{one.percentile_ms(percent):,.1f}" for percent in (50, 95, 99)),
        f"{sum(pods) / len(pods):,.1f}",
        f"{one.cost_per_million:,.2f}",
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """All runs as an HTML table."""
    return html_table(headings(), map(cells, outcomes))


def panels(one: Outcome) -> tuple[Panel, ...]:
    """What happened over time."""
    return (
        _over_time(one, "Load", Line("items/s", [(each.time, each.rate) for each in one.readings])),
        _over_time(
            one,
            "Replicas",
            Line("with those that start", [(each.time, each.pods) for each in one.readings]),
            Line("ready", [(each.time, each.ready) for each in one.readings]),
        ),
        _over_time(one, "Items in flight", Line("items", [(each.time, each.in_flight) for each in one.readings])),
        replace(
            _over_time(one, "Time of an answer", Line("p99, ms", one.windows())),
            limit=one.scenario.slo_ms,
            top=4 * one.scenario.slo_ms,
        ),
    )


def _over_time(one: Outcome, title: str, *lines: Line) -> Panel:
    return Panel(title, "seconds", lines, right=one.scenario.load.duration_s)


def _section(one: Outcome) -> str:
    return f"<h2>{cells(one)[0]} replicas</h2>{paragraphs(_sentences(one))}{draw(panels(one))}"


def _sentences(one: Outcome) -> Iterator[str]:
    yield from breaks(one)
    if one.thinning > 1:
        yield f"Each simulated item stands for {one.thinning:,.1f}."
