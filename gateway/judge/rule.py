"""The rule: what the numbers of a canary come to."""

from gateway.judge.criteria import judge_accuracy, judge_agreement, judge_errors, judge_latency
from gateway.judge.evidence import Evidence
from gateway.judge.policy import JudgePolicy
from gateway.judge.verdict import Criterion, Verdict

CRASH_TIMES = 10
"""A canary that fails so many times as often as the stable version has a fault of its own."""


def judge(evidence: Evidence, policy: JudgePolicy) -> Verdict:
    """What to do with a canary. The same numbers always get the same verdict.

    A crash rolls back at once; then any criterion that has failed does. A canary is promoted when all that must be
    shown is shown, after the least time and samples. One that is still undecided when its time is up meets the policy.
    """
    criteria = (
        judge_errors(evidence, policy),
        judge_latency(evidence, policy),
        judge_agreement(evidence, policy),
        judge_accuracy(evidence, policy),
    )
    found = (
        _crash(evidence, policy, criteria)
        or _failed(criteria)
        or _shown(evidence, policy, criteria)
        or _time(evidence, policy, criteria)
    )
    return found or Verdict(
        decision="wait", rule="samples", sentence=f"{_missing(evidence, policy, criteria)}.", criteria=criteria
    )


def _crash(evidence: Evidence, policy: JudgePolicy, criteria: tuple[Criterion, ...]) -> Verdict | None:
    errors, share = evidence.canary.errors, evidence.canary.errors.share or 0.0
    is_own = share >= CRASH_TIMES * (evidence.stable.errors.share or 0.0)
    if errors.hits < policy.crash_errors or share < policy.crash_share or not is_own:
        return None
    text = f"The canary crashes: {errors.hits:,} of its {errors.total:,} answers failed"
    theirs = evidence.stable.errors
    return Verdict(
        decision="rollback",
        rule="crash",
        sentence=f"{text}, and {theirs.hits:,} of {theirs.total:,} of the stable version's.",
        criteria=criteria,
    )


def _failed(criteria: tuple[Criterion, ...]) -> Verdict | None:
    failed = next((one for one in criteria if one.outcome == "failed"), None)
    if failed is None:
        return None
    return Verdict(decision="rollback", rule="criteria", sentence=failed.sentence, criteria=criteria)


def _shown(evidence: Evidence, policy: JudgePolicy, criteria: tuple[Criterion, ...]) -> Verdict | None:
    if _missing(evidence, policy, criteria):
        return None
    passed = ", ".join(one.name for one in criteria if one.outcome == "passed")
    text = f"The canary is no worse than the rule allows ({passed})."
    return Verdict(decision="promote", rule="criteria", sentence=text, criteria=criteria)


def _time(evidence: Evidence, policy: JudgePolicy, criteria: tuple[Criterion, ...]) -> Verdict | None:
    if evidence.duration_s < policy.max_duration_s:
        return None
    missing = _missing(evidence, policy, criteria)
    text = f"{missing}, and the longest time ({policy.max_duration_s:,.0f} s) is over."
    return Verdict(decision=policy.when_time_is_up, rule="time", sentence=text, criteria=criteria)


def _missing(evidence: Evidence, policy: JudgePolicy, criteria: tuple[Criterion, ...]) -> str:
    """What is missing for a promotion; empty where nothing is."""
    canary, stable = evidence.canary.errors.total, evidence.stable.errors.total
    if min(canary, stable) < policy.min_samples:
        return f"Of {policy.min_samples:,} answers each, the canary has {canary:,} and the stable version {stable:,}"
    if evidence.duration_s < policy.min_duration_s:
        return f"Of {policy.min_duration_s:,.0f} s the canary has had {evidence.duration_s:,.0f} s"
    open_ones = ", ".join(one.name for one in criteria if one.outcome != "passed" and _is_needed(one, policy))
    return f"Still to be shown: {open_ones}" if open_ones else ""


def _is_needed(criterion: Criterion, policy: JudgePolicy) -> bool:
    needed = {
        "errors": True,
        "latency": True,
        "agreement": policy.require_agreement,
        "accuracy": policy.require_accuracy,
    }
    return needed[criterion.name]
