"""A HorizontalPodAutoscaler of autoscaling/v2, read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from loadtest.experiment.targets.target import Signal

VALUES = ("averageValue", "value", "averageUtilization")
PERCENT = "averageUtilization"


def quantity(text: str | float) -> float:
    """Kubernetes' way to write a number: `1500m`, `2Gi`."""
    from kubernetes.utils.quantity import parse_quantity  # noqa: PLC0415 - heavy

    return float(parse_quantity(text))  # type: ignore[no-untyped-call]


def signals(hpa: Mapping[str, Any]) -> Sequence[Signal]:
    """Its metrics with their current values, where there are any, and their targets."""
    # Where a metric can't be had, Kubernetes has an entry without a type.
    read = [one for one in hpa.get("status", {}).get("currentMetrics") or () if one.get("type")]
    current = {_name(one): one for one in read}
    return [_signal(one, current.get(_name(one))) for one in hpa["spec"].get("metrics") or ()]


def _signal(wanted: Mapping[str, Any], now: Mapping[str, Any] | None) -> Signal:
    target = _section(wanted)["target"]
    field = next(name for name in VALUES if name in target)
    values = {} if now is None else _section(now).get("current", {})
    value = next((values[name] for name in _fields(field) if name in values), None)
    return Signal(_name(wanted), None if value is None else quantity(value), quantity(target[field]))


def _fields(field: str) -> Iterator[str]:
    """Where a current value may be: beside a percentage there is the value that it was computed of."""
    yield field
    if field != PERCENT:
        yield from VALUES[:2]


def _section(metric: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is under the key that its type names."""
    kind = str(metric["type"])
    found: Mapping[str, Any] = metric[kind[0].lower() + kind[1:]]
    return found


def _name(metric: Mapping[str, Any]) -> str:
    section = _section(metric)
    return str(section["metric"]["name"] if "metric" in section else section["name"])
