"""What kept a step smaller than the metrics asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from gateway.autoscaling.decisions import Decision
from gateway.autoscaling.reading import EXACT, Policy, Reading, Rules

Kind = Literal["none", "bound", "policy", "stabilization", "disabled"]


@dataclass(frozen=True)
class Limit:
    """One limit."""

    kind: Kind
    text: str
    """A clause."""


NONE = Limit("none", "nothing limited it")


def limit(reading: Reading, after: int, wanted: int | None, earlier: Sequence[Decision]) -> Limit:
    """Of the step from the replicas of a reading to `after`, where the metrics asked for `wanted`.

    `earlier` are decisions before it, of which policies by period count the steps.
    """
    said = reading.condition("ScalingLimited")
    if said.is_true and said.reason == "TooManyReplicas":
        return Limit("bound", f"maxReplicas is {reading.most}")
    if said.is_true and said.reason == "TooFewReplicas":
        return Limit("bound", f"minReplicas is {reading.least}")
    if said.is_true and said.reason in {"ScaleUpLimit", "ScaleDownLimit"}:
        return _by_policy(reading, after, earlier, is_up=said.reason == "ScaleUpLimit")
    return _by_window(reading, after, wanted)


def _by_policy(reading: Reading, after: int, earlier: Sequence[Decision], *, is_up: bool) -> Limit:
    rules, way = (reading.up, "up") if is_up else (reading.down, "down")
    if rules.select == "Disabled":
        return Limit("disabled", f"scaling {way} is disabled")
    if not reading.has_behavior:
        return Limit("policy", "without a behavior Kubernetes at most doubles the replicas, or makes them 4")
    allowed = {one: _allows(one, reading, earlier, is_up=is_up) for one in rules.policies}
    chosen = _chosen(allowed, after, rules, is_up=is_up)
    return Limit("policy", f"the policy of {chosen} allowed {after}")


def _allows(policy: Policy, reading: Reading, earlier: Sequence[Decision], *, is_up: bool) -> int:
    """Replicas by one policy, as the controller counts them."""
    steps = [one for one in earlier if reading.time - policy.period_s < one.time < reading.time]
    changed = sum(one.after - one.before for one in steps if one.before is not None)
    start, sign = reading.current - changed, 1 if is_up else -1
    if policy.type == "Pods":
        return start + sign * policy.value
    share = start * (1 + sign * policy.value / 100)
    return ceil(share - EXACT) if is_up else int(share + EXACT)


def _chosen(allowed: dict[Policy, int], after: int, rules: Rules, *, is_up: bool) -> Policy:
    """The policy that allowed `after`; where none did, as steps weren't seen, the one that counts by `selectPolicy`."""
    exact = [one for one, count in allowed.items() if count == after]
    if exact:
        return exact[0]
    most = (rules.select == "Max") == is_up
    return (max if most else min)(allowed, key=lambda one: allowed[one])


def _by_window(reading: Reading, after: int, wanted: int | None) -> Limit:
    """A stabilisation window is not told of a step that it limited: Kubernetes overwrites that condition."""
    able = reading.condition("AbleToScale").reason
    if able == "ScaleDownStabilized" or (wanted is not None and wanted < after < reading.current):
        return Limit(
            "stabilization",
            f"the highest recommendation of the last {reading.down.window_s} s, the stabilization window, is {after}",
        )
    if able == "ScaleUpStabilized" or (wanted is not None and wanted > after > reading.current and reading.up.window_s):
        return Limit(
            "stabilization",
            f"the lowest recommendation of the last {reading.up.window_s} s, the stabilization window, is {after}",
        )
    return NONE
