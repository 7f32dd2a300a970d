"""A HorizontalPodAutoscaler of `autoscaling/v2` at one time, reduced to what explains it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal, Self

Raw = Mapping[str, Any]
Field = Literal["averageValue", "value", "averageUtilization"]
FIELDS: tuple[Field, ...] = ("averageValue", "value", "averageUtilization")
TOLERANCE = 0.1
"""Kubernetes' own, where `behavior` says nothing."""
EXACT = 1e-9


def quantity(text: str | float) -> float:
    """What Kubernetes writes as a number: `1500m`, `2Gi`."""
    from kubernetes.utils.quantity import parse_quantity  # noqa: PLC0415 - heavy

    return float(parse_quantity(text))  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Metric:
    """One metric of its specification, with the value that it had."""

    kind: str
    """`External`, `Pods`, `Object`, `Resource` or `ContainerResource`."""
    name: str
    field: Field
    value: float | None
    """None: it couldn't be had."""
    target: float

    @property
    def unit(self) -> str:
        """What follows the number."""
        return {"averageValue": " a replica", "averageUtilization": " %", "value": ""}[self.field]

    def is_named(self, text: str) -> bool:
        """Whether Kubernetes speaks of this one, as it does in conditions and events."""
        said = {
            "External": f"external metric {self.name}(",
            "Pods": f"pods metric {self.name}",
            "Object": f" metric {self.name}",
            "Resource": f"{self.name} resource",
            "ContainerResource": f"{self.name} container resource",
        }
        return said.get(self.kind, self.name) in text

    def wanted(self, current: int, up: "Rules", down: "Rules") -> int | None:
        """Replicas that it asks for: `ceil(current × value / target)`, none but `current` within the tolerance.

        Kubernetes counts pods that aren't ready yet or have no value differently, which a status doesn't tell.
        """
        if self.value is None:
            return None
        ratio = self.value / self.target
        if 1 - down.tolerance - EXACT <= ratio <= 1 + up.tolerance + EXACT:
            return current
        return ceil(current * ratio - EXACT)


@dataclass(frozen=True)
class Policy:
    """At most so many pods, or percent of them, in a period."""

    type: str
    value: int
    period_s: int

    def __str__(self) -> str:
        unit = "%" if self.type == "Percent" else "pod" if self.value == 1 else "pods"
        return f"{self.value} {unit} in {self.period_s} s"


@dataclass(frozen=True)
class Rules:
    """One direction of `behavior`."""

    policies: tuple[Policy, ...]
    window_s: int
    select: str
    tolerance: float


UP = Rules((Policy("Pods", 4, 15), Policy("Percent", 100, 15)), 0, "Max", TOLERANCE)
DOWN = Rules((Policy("Percent", 100, 15),), 300, "Max", TOLERANCE)
"""What Kubernetes does where nothing is said."""


@dataclass(frozen=True)
class Condition:
    """One of its conditions."""

    is_true: bool
    reason: str
    message: str


NO_CONDITION = Condition(is_true=False, reason="", message="")


@dataclass(frozen=True)
class Reading:
    """What was seen at a time."""

    time: float
    """Seconds since 1970."""
    name: str
    workload: str
    """The name of what is scaled."""
    least: int
    most: int
    current: int
    """Replicas that its last look found."""
    desired: int
    """Replicas that it then asked for."""
    scaled: str
    """When it last scaled, as Kubernetes writes it; empty: never."""
    metrics: tuple[Metric, ...]
    up: Rules
    down: Rules
    has_behavior: bool
    conditions: Mapping[str, Condition]

    @classmethod
    def of(cls, time: float, hpa: Raw) -> Self:
        """From the object as the API gives it; raises `KeyError`, `TypeError` or `ValueError` for another one."""
        spec, status = hpa["spec"], hpa.get("status") or {}
        behavior = spec.get("behavior") or {}
        return cls(
            time=time,
            name=hpa["metadata"]["name"],
            workload=spec["scaleTargetRef"]["name"],
            least=spec.get("minReplicas", 1),
            most=spec["maxReplicas"],
            current=status.get("currentReplicas", 0),
            desired=status.get("desiredReplicas", 0),
            scaled=status.get("lastScaleTime") or "",
            metrics=_metrics(spec.get("metrics") or (), status.get("currentMetrics") or ()),
            up=_rules(behavior.get("scaleUp") or {}, UP),
            down=_rules(behavior.get("scaleDown") or {}, DOWN),
            has_behavior=bool(behavior),
            conditions={one["type"]: _condition(one) for one in status.get("conditions") or ()},
        )

    def condition(self, kind: str) -> Condition:
        """`AbleToScale`, `ScalingActive` or `ScalingLimited`."""
        return self.conditions.get(kind, NO_CONDITION)

    def wanted(self, metric: Metric) -> int | None:
        """Replicas that a metric asks for."""
        return metric.wanted(self.current, self.up, self.down)

    def winner(self) -> Metric | None:
        """The metric that asks for the most: Kubernetes' own word where there is one; None where no value is known."""
        said = self.condition("ScalingActive")
        named = [one for one in self.metrics if one.value is not None and one.is_named(said.message)]
        if said.is_true and named:
            return named[0]
        known = [(wanted, one) for one in self.metrics if (wanted := self.wanted(one)) is not None]
        # The first of equals, as Kubernetes takes it.
        return max(known, key=lambda pair: pair[0])[1] if known else None


def _metrics(wanted: Sequence[Raw], now: Sequence[Raw]) -> tuple[Metric, ...]:
    # The status has an entry for each metric, in the same order; one that couldn't be had has no type.
    places = [now[place] if place < len(now) else {} for place in range(len(wanted))]
    return tuple(_metric(one, seen) for one, seen in zip(wanted, places, strict=True))


def _metric(wanted: Raw, seen: Raw) -> Metric:
    section, target = _section(wanted), _section(wanted)["target"]
    field = next(one for one in FIELDS if one in target)
    name = section["metric"]["name"] if "metric" in section else section["name"]
    found = _section(seen).get("current", {}).get(field) if seen.get("type") == wanted["type"] else None
    value = None if found is None else quantity(found)
    return Metric(wanted["type"], name, field, value, quantity(target[field]))


def _section(metric: Raw) -> Raw:
    kind = metric["type"]
    found: Raw = metric[kind[0].lower() + kind[1:]]
    return found


def _rules(said: Raw, default: Rules) -> Rules:
    policies = tuple(Policy(one["type"], one["value"], one["periodSeconds"]) for one in said.get("policies") or ())
    tolerance = said.get("tolerance")
    window = said.get("stabilizationWindowSeconds")
    return Rules(
        policies=policies or default.policies,
        window_s=default.window_s if window is None else window,
        select=said.get("selectPolicy") or default.select,
        tolerance=default.tolerance if tolerance is None else quantity(tolerance),
    )


def _condition(said: Raw) -> Condition:
    return Condition(said.get("status") == "True", said.get("reason", ""), said.get("message", ""))
