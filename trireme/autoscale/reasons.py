"""Each value of a plan with the reason for it, in a sentence."""

from collections.abc import Iterator
from typing import NamedTuple

from loadtest.capacity.hpa import Rules
from trireme.autoscale.plan import SHARE, TOO_BUSY, Plan

FORMULA = (
    "Wait by Allen and Cunneen's approximation of M/D/c (Allen, Probability, Statistics, and Queueing Theory, 1990), "
    "with Erlang's C and an exponential tail; batches as large as what arrives while the last one is computed."
)


class Reason(NamedTuple):
    """A value, and why it is so."""

    name: str
    value: str
    sentence: str


def reasons(plan: Plan) -> Iterator[Reason]:
    """All of a plan, in the order in which one follows from the other."""
    yield from _rates(plan)
    yield from _targets(plan)
    yield from _bounds(plan)
    yield from _behaviour(plan)


def _rates(plan: Plan) -> Iterator[Reason]:
    replica, wish = plan.service.replica, plan.wish
    times = ", ".join(f"{size}: {seconds * 1000:,.3g} ms" for size, seconds in replica.times.points)
    yield Reason("service time", times, f"By batch size, {plan.service.source}.")
    shape = f"{replica.instances} × batches of {replica.max_batch}"
    yield Reason("capacity", f"{replica.capacity:,.1f}/s", f"Items of one replica with all instances full: {shape}.")
    promise = f"{SHARE:.0%} of the items are answered within {wish.slo_s * 1000:,.0f} ms"
    yield Reason(
        "highest rate",
        f"{plan.highest_rate:,.1f}/s",
        f"Up to here {promise}, the gateway's {wish.overhead_s * 1000:g} ms among them.",
    )
    yield Reason(
        "target rate",
        f"{plan.target_rate:,.1f}/s",
        f"A new replica answers {wish.lag_s:,.0f} s after the load grew; at {wish.growth_per_minute:.0%} a minute it "
        f"is {wish.growth:.2f} times as high by then.",
    )


def _targets(plan: Plan) -> Iterator[Reason]:
    targets = plan.targets
    yield Reason(
        "in-flight target",
        f"{targets.in_flight:g}",
        "Items a ready replica at the target rate (Little's law), counted one by one; they arrive "
        f"{plan.wish.together:g} at a time.",
    )
    yield Reason(
        "item-rate target",
        f"{targets.item_rate:,g}/s",
        "The target rate itself: in proportion to the load, where the items in flight rise steeply; it holds the "
        "number under a steady load.",
    )
    yield Reason("busy-share target", _or_none(targets.busy_share), _busy(plan))
    yield Reason(
        "queue-ratio target",
        _or_none(targets.queue_ratio),
        "Mean wait over mean computing at the target rate: it rises when a model gets slower, whatever the load.",
    )
    yield Reason(
        "CPU target",
        f"{targets.cpu_percent} %",
        "The floor: it needs no Prometheus, and stands above what the target rate takes so that it doesn't lead.",
    )


def _busy(plan: Plan) -> str:
    busy = plan.service.replica.busy(plan.target_rate)
    if plan.targets.busy_share is None:
        return (
            f"Not used: at the target rate an instance computes {busy:.0%} of the time, because batches grow; "
            f"from {TOO_BUSY:.0%} on that tells nothing."
        )
    return (
        "Share of the time that an instance computes at the target rate; a steady load gives the same in any packing."
    )


def _bounds(plan: Plan) -> Iterator[Reason]:
    low, high = min(plan.wish.rates), max(plan.wish.rates)
    yield Reason("min replicas", str(plan.min_replicas), f"For the lowest rate expected, {low:,.1f}/s.")
    yield Reason(
        "max replicas",
        str(plan.max_replicas),
        f"For the highest, {high:,.1f}/s, and one more for a node that dies or a rollout at that hour.",
    )


def _behaviour(plan: Plan) -> Iterator[Reason]:
    up, down = plan.behaviour.up, plan.behaviour.down
    yield Reason(
        "scale up",
        _steps(up),
        "At once, doubling: what is missing during one start may be as much as there is; the larger step counts.",
    )
    yield Reason(
        "scale down",
        _steps(down),
        f"After {down.stabilization_s} s of a lower load, ten starts of a replica ({plan.wish.startup_s:g} s each) "
        "within bounds, and a tenth a minute: one that left too early costs callers more than one that left too late.",
    )
    yield Reason(
        "tolerance",
        f"{up.tolerance:g} up, {down.tolerance:g} down",
        f"Three deviations of what chance does to a count over {plan.wish.window_s:g} s, between 0.05 and 0.2.",
    )


def _steps(rules: Rules) -> str:
    units = {"Percent": " %", "Pods": " pods"}
    steps = " or ".join(f"{one.value}{units[one.type]}/{one.period_s} s" for one in rules.policies)
    return f"{steps}, stable {rules.stabilization_s} s"


def _or_none(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
