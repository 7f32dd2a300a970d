"""Why an autoscaler did what it did: pure functions over what was recorded of it.

Sources: Kubernetes' page *Horizontal Pod Autoscaling*, and for what it leaves open
`pkg/controller/podautoscaler/horizontal.go` of Kubernetes 1.36.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.autoscaling.decisions import Decision, Event, decisions
from gateway.autoscaling.limits import NONE, Limit, limit
from gateway.autoscaling.reading import Metric, Reading

BOUNDS = {
    "Current number of replicas above Spec.MaxReplicas": "there were more than maxReplicas",
    "Current number of replicas below Spec.MinReplicas": "there were fewer than minReplicas",
}


@dataclass(frozen=True)
class Explained:
    """A step, or the number that there is now."""

    time: float
    before: int | None
    after: int
    metric: Metric | None
    """The one that asked for the most; None where none decided, or none is known."""
    wanted: int | None
    """Replicas that it asked for."""
    limit: Limit
    sentence: str


@dataclass(frozen=True)
class Explanation:
    """One autoscaler over a window of time."""

    now: Explained
    steps: Sequence[Explained]


def explain(readings: Sequence[Reading], events: Sequence[Event]) -> Explanation:
    """What happened; `readings` are of one autoscaler in the order of time, at least one."""
    found = decisions(readings, events)
    steps = [_step(decision, found[:place]) for place, decision in enumerate(found)]
    return Explanation(_now(readings[-1], found), steps)


def _step(decision: Decision, earlier: Sequence[Decision]) -> Explained:
    reading = decision.reading
    step = f"{'?' if decision.before is None else decision.before} → {decision.after} replicas"
    if decision.why in BOUNDS:
        sentence = f"{step}: {BOUNDS[decision.why]}, whatever the metrics say."
        return Explained(decision.time, decision.before, decision.after, None, None, NONE, sentence)
    if reading is None:
        sentence = f"{step}: {decision.why or 'nobody looked in time'}; the values weren't recorded."
        return Explained(decision.time, decision.before, decision.after, None, None, NONE, sentence)
    metric = reading.winner()
    wanted = _wanted(reading, metric, decision.after)
    limited = limit(reading, decision.after, wanted, earlier)
    sentence = f"{step}: {_asked(reading, metric, wanted)}; {limited.text}."
    return Explained(decision.time, decision.before, decision.after, metric, wanted, limited, sentence)


def _wanted(reading: Reading, metric: Metric | None, after: int) -> int | None:
    """What the winner asked for; what was done where a status says too little to compute that."""
    wanted = None if metric is None else reading.wanted(metric)
    # Pods that weren't ready were counted otherwise.
    return after if wanted is not None and (wanted - reading.current) * (after - reading.current) < 0 else wanted


def _asked(reading: Reading, metric: Metric | None, wanted: int | None) -> str:
    if metric is None or metric.value is None:
        return "no metric's value is known"
    below = " though it was below its target" if wanted is not None and wanted < reading.current else ""
    return (
        f"{metric.name} asked for the most, {wanted},{below} at {metric.value:,.4g}{metric.unit} against a target of "
        f"{metric.target:,.4g}{metric.unit}"
    )


def _now(reading: Reading, earlier: Sequence[Decision]) -> Explained:
    """Why there are as many as there are."""
    metric, active = reading.winner(), reading.condition("ScalingActive")
    wanted = None if metric is None else reading.wanted(metric)
    limited = limit(reading, reading.desired, wanted, earlier)
    text = f"{reading.desired} replicas: {_held(reading, metric, wanted, limited)}."
    if active.reason and not active.is_true:
        limited = NONE
        text = f"{reading.desired} replicas stay: {_blind(reading)}."
    return Explained(reading.time, reading.current, reading.desired, metric, wanted, limited, text)


def _held(reading: Reading, metric: Metric | None, wanted: int | None, limited: Limit) -> str:
    said = _asked(reading, metric, wanted)
    if reading.desired != reading.current or wanted is None:
        return f"{said}; {limited.text}"
    if wanted == reading.current and limited is NONE:
        return f"{said}, so that nothing is to be done"
    return f"{said}; {limited.text}"


def _blind(reading: Reading) -> str:
    active = reading.condition("ScalingActive")
    lost = ", ".join(one.name for one in reading.metrics if one.value is None)
    if active.reason == "ScalingDisabled":
        return "scaling is disabled while there are 0"
    left = "no replica is removed on what is left" if reading.winner() else "nothing else says how many there should be"
    return f"{lost or 'a metric'} can't be had ({active.reason}), and {left}"
