"""A tuning as a table."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from training.engines.record import Candidate, Load, Tuning


def machine(tuning: Tuning) -> str:
    """The machine and the server, in one line."""
    return f"{tuning.target}, {tuning.cores} core{'s' * (tuning.cores > 1)}, {tuning.server}"


def table(tuning: Tuning) -> Table:
    """One row a candidate and number of clients; the chosen one is bold, those that are out are dim with the reason."""
    result = Table(title=_title(tuning), title_justify="left", caption=_caption(tuning), caption_justify="left")
    result.add_column("engine", no_wrap=True)
    result.add_column("instances × threads, batch")
    for heading in ("accuracy", "clients", "pictures/s", "p50 ms", "p95 ms", "p99 ms"):
        result.add_column(heading, justify="right")
    for one in tuning.candidates:
        style = "dim" if one.reason else "bold" if one.name == tuning.chosen else None
        for row in _rows(one):
            result.add_row(*row, style=style)
        result.add_section()
    return result


def markdown(tuning: Tuning) -> Iterator[str]:
    """The same as lines of Markdown, for docs/results.md."""
    yield f"    {machine(tuning)}"
    yield f"    {_title(tuning)}"
    yield ""
    yield "| engine | instances × threads, batch | accuracy | clients | pictures/s | p50 ms | p95 ms | p99 ms |"
    yield "|" + " --- |" * 8
    for one in tuning.candidates:
        for row in _rows(one):
            yield f"| {' | '.join(row)} |"
    yield ""
    yield _caption(tuning)


def _title(tuning: Tuning) -> str:
    loads = next(one.loads for one in tuning.candidates if one.loads)
    return (
        f"{tuning.model} version {tuning.version}: median (range) of {len(loads[0].rounds)} rounds of "
        f"{tuning.seconds:g} s; {tuning.examples:,} test pictures; clients on the same machine"
    )


def _caption(tuning: Tuning) -> str:
    best = next(one for one in tuning.candidates if one.name == tuning.chosen)
    return f"The best: {best.kind}, {best.settings}."


def _rows(one: Candidate) -> Iterator[tuple[str, ...]]:
    accuracy = "–" if one.accuracy is None else f"{one.accuracy:.2%}"
    if one.reason is not None:
        yield one.kind, f"out: {escape(one.reason)}", accuracy, *_figures(one.loads[-1] if one.loads else None)
        return
    for place, load in enumerate(one.loads):
        yield (*((one.kind, one.settings, accuracy) if place == 0 else ("", "", "")), *_figures(load))


def _figures(load: Load | None) -> tuple[str, ...]:
    if load is None:
        return ("–",) * 5
    throughput = f"{load.throughput:,.0f} ({min(load.rounds):,.0f}–{max(load.rounds):,.0f})"
    return str(load.clients), throughput, *(_ms(value) for value in (load.p50_ms, load.p95_ms, load.p99_ms))


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
