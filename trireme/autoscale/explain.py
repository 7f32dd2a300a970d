"""`trireme autoscale explain`: what a gateway says of a model's autoscalers, for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

Found = Mapping[str, Any]
UNITS = {"averageValue": " a replica", "averageUtilization": " %", "value": ""}


def show(found: Found) -> None:
    """Print the gateway's answer."""
    console = Console(highlight=False)
    for one in found["autoscalers"]:
        _show(console, one)
    if found["note"] is not None:
        console.print(found["note"], markup=False)
    if found["recorded_since"] is not None:
        console.print(f"recorded since {_clock(found['recorded_since'])}", markup=False)


def _show(console: Console, one: Found) -> None:
    console.print(f"{one['name']} scales {one['workload']}, {one['least']} to {one['most']} replicas", markup=False)
    console.print(one["now"]["sentence"], markup=False)
    console.print(_metrics(one["metrics"]))
    for step in one["decisions"]:
        console.print(f"{_clock(step['time'])}  {step['sentence']}", markup=False)
    if not one["decisions"]:
        console.print("Nothing was decided in this time.")
    told = [event for event in one["events"] if event["reason"] != "SuccessfulRescale"]
    for event in told:
        console.print(f"{_clock(event['time'])}  {event['reason']}: {event['message']}", markup=False)


def _metrics(metrics: Sequence[Found]) -> Table:
    table = Table("metric", "value", "target", "asks for", box=SIMPLE_HEAD)
    for one in metrics:
        unit = UNITS[one["of"]]
        value = "–" if one["value"] is None else f"{one['value']:,.4g}{unit}"
        wanted = "–" if one["wanted"] is None else str(one["wanted"])
        table.add_row(one["name"], value, f"{one['target']:,.4g}{unit}", wanted)
    return table


def _clock(moment: str) -> str:
    """Day and time, as the gateway says it: in UTC."""
    return moment.replace("T", " ").partition(".")[0].removesuffix("Z")
