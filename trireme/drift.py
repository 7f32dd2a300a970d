"""`trireme drift`: how far predictions are from what a version was trained on."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from trireme.connected import connected
from trireme.drift_report import Asked, fetch_report

drift = typer.Typer(help="Show how far predictions are from what a version was trained on.")

DRIFTED = 3
"""The exit status of `--fail-on-drift` where a feature drifted."""

ModelArgument = Annotated[str, typer.Argument(help="The model's name.")]
VersionOption = Annotated[int | None, typer.Option("--version", min=1, help="A version; the stable one without it.")]
WindowOption = Annotated[int, typer.Option("--window", min=60, help="Seconds of predictions, up to now.")]
FailOption = Annotated[
    bool, typer.Option("--fail-on-drift", help=f"Exit status {DRIFTED} where a feature's verdict is `major`.")
]
UrlOption = Annotated[str | None, typer.Option(help="The gateway's address.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the gateway's answer as JSON.")]
ReportOption = Annotated[bool, typer.Option("--report", help="Have the full report made by a job, and get its page.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Where the page goes; `<model>-v<version>-drift.html` without it.")
]
OpenOption = Annotated[bool, typer.Option("--open", help="Show the page in a browser.")]


@drift.command()
def main(
    model: ModelArgument,
    version: VersionOption = None,
    window: WindowOption = 3600,
    fail_on_drift: FailOption = False,
    report: ReportOption = False,
    out: OutOption = None,
    show_page: OpenOption = False,
    url: UrlOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the predictions of the last hour, or another time, with the training data: the farthest features first.

    Exit status: 0 done, 1 it can't be told, 3 with --fail-on-drift where a feature drifted.
    """
    if report:
        asked = Asked(model, version, window)
        raise typer.Exit(fetch_report(url, asked, out=out, show_page=show_page, as_json=as_json))
    if out is not None or show_page:
        raise typer.BadParameter("--out and --open need --report")
    with connected(url) as client:
        found = client.drift(model, version=version, window_s=window)
    if as_json:
        typer.echo(json.dumps(found))
    else:
        show(found)
    if fail_on_drift and found["major"]:
        raise typer.Exit(DRIFTED)


def show(found: dict[str, Any]) -> None:
    """Print what a gateway found."""
    read = "a sample of " if found["is_sample"] else ""
    typer.echo(
        f"{found['model']} version {found['version']}, {read}{found['predictions']:,} predictions: "
        f"{found['major']} of {len(found['features'])} features drifted, {found['moderate']} moderately."
    )
    Console().print(_table(found))


def _table(found: dict[str, Any]) -> Table:
    table = Table("feature", "verdict", "PSI", "test", "adjusted p", "missing", "median")
    features = sorted(found["features"], key=lambda one: -(one["psi"] or 0))
    answers = ({**found[name], "name": f"({name})"} for name in ("label", "confidence"))
    for one in (*features, *answers):
        test = _number(one["statistic"], ".3f")
        table.add_row(
            one["name"],
            one["verdict"],
            _number(one["psi"], ".3f"),
            f"{one['test']} {test}",
            _number(one["adjusted_p_value"], ".2g"),
            f"{_number(one['missing_reference'], '.1%')} → {_number(one['missing_now'], '.1%')}",
            f"{_number(one['median_reference'], '.4g')} → {_number(one['median_now'], '.4g')}",
        )
    return table


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
