"""Each comparison of a canary with the stable version.

Each spends a part of `alpha`, so that all of them together, at all looks together, seldom find a difference that isn't
there. What is worse than its threshold with confidence has failed; what is surely better has passed; else it is open.
"""

from gateway.judge.evidence import Count, Evidence
from gateway.judge.intervals import Interval, newcombe, quantile, ratio, wilson
from gateway.judge.policy import JudgePolicy
from gateway.judge.sequential import boundary, effective
from gateway.judge.verdict import Criterion, Name, Outcome

P95 = 0.95
CRITERIA = 4
POINTS = 100.0


def judge_errors(evidence: Evidence, policy: JudgePolicy) -> Criterion:
    """Whether the canary fails more often."""
    canary, stable = evidence.canary.errors, evidence.stable.errors
    allowed = policy.max_error_increase_points
    texts = (
        f"{_of(canary)} answers of the canary failed, and {_of(stable)} of the stable version's",
        f"{allowed:.2f} more points are allowed",
    )
    if min(canary.total, stable.total) < policy.min_samples_to_roll_back:
        return _too_few("errors", canary, stable, allowed, texts[0])
    found = _points(newcombe(canary, stable, _z(policy, effective(canary.total, stable.total), policy.min_samples)))
    return _judged("errors", (canary.share, stable.share), found, allowed, texts, is_more_worse=True)


def judge_accuracy(evidence: Evidence, policy: JudgePolicy) -> Criterion:
    """Whether the canary is right less often, by feedback."""
    canary, stable = evidence.canary.correct, evidence.stable.correct
    allowed = -policy.max_accuracy_loss_points
    texts = (
        f"by feedback {_of(canary)} answers of the canary were right, and {_of(stable)} of the stable version's",
        f"{-allowed:.2f} points fewer are allowed",
    )
    if min(canary.total, stable.total) < policy.min_feedback:
        return _too_few("accuracy", canary, stable, allowed, texts[0])
    found = _points(newcombe(canary, stable, _z(policy, effective(canary.total, stable.total), policy.min_feedback)))
    return _judged("accuracy", (canary.share, stable.share), found, allowed, texts, is_more_worse=False)


def judge_agreement(evidence: Evidence, policy: JudgePolicy) -> Criterion:
    """Whether both answer the same inputs alike."""
    pairs, asked = evidence.agreement, policy.min_agreement
    text = f"{_of(pairs)} inputs that both answered were answered alike"
    if pairs.total < policy.min_pairs:
        return _too_few("agreement", pairs, None, asked, text)
    found = wilson(pairs, _z(policy, pairs.total, policy.min_pairs))
    texts = text, f"{asked:.0%} must be"
    return _judged("agreement", (pairs.share, None), found, asked, texts, is_more_worse=False)


def judge_latency(evidence: Evidence, policy: JudgePolicy) -> Criterion:
    """Whether the canary is slower at the 95th percentile."""
    canary, stable = sorted(evidence.canary.latencies_ms), sorted(evidence.stable.latencies_ms)
    allowed = policy.max_latency_ratio
    if min(len(canary), len(stable)) < policy.min_samples_to_roll_back:
        text = f"{len(canary):,} latencies of the canary are known, and {len(stable):,} of the stable version"
        return _too_few("latency", None, None, allowed, text)
    z = _z(policy, effective(len(canary), len(stable)), policy.min_samples)
    ours, theirs = quantile(canary, P95, z), quantile(stable, P95, z)
    text = f"95% of the answers came within {ours.estimate:.1f} ms from the canary, and {theirs.estimate:.1f} ms"
    texts = f"{text} from the stable version", f"up to {allowed:.2f} times is allowed"
    found = ratio(ours, theirs)
    return _judged("latency", (ours.estimate, theirs.estimate), found, allowed, texts, is_more_worse=True)


def _z(policy: JudgePolicy, samples: float, tightest_at: int) -> float:
    return boundary(samples, policy.alpha / CRITERIA, tightest_at=tightest_at)


def _points(share: Interval) -> Interval:
    return Interval(*(value * POINTS for value in share))


def _too_few(name: Name, canary: Count | None, stable: Count | None, threshold: float, text: str) -> Criterion:
    # Errors and latencies come with every answer; feedback and pairs may never come.
    outcome: Outcome = "open" if name in {"errors", "latency"} else "not judged"
    return Criterion(
        name=name,
        outcome=outcome,
        canary=None if canary is None else canary.share,
        stable=None if stable is None else stable.share,
        threshold=threshold,
        sentence=f"Too few to judge: {text}.",
    )


def _judged(
    name: Name,
    sides: tuple[float | None, float | None],
    found: Interval,
    threshold: float,
    texts: tuple[str, str],
    *,
    is_more_worse: bool,
) -> Criterion:
    is_above, is_below = found.low > threshold, found.high < threshold
    failed, passed = (is_above, is_below) if is_more_worse else (is_below, is_above)
    return Criterion(
        name=name,
        outcome="failed" if failed else "passed" if passed else "open",
        canary=sides[0],
        stable=sides[1],
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        threshold=threshold,
        sentence=f"{_capital(texts[0])}: {_shown(name, found)}; {texts[1]}.",
    )


def _shown(name: Name, found: Interval) -> str:
    if name == "latency":
        return f"{found.estimate:.2f} times (interval {found.low:.2f} to {found.high:.2f})"
    if name == "agreement":
        return f"{found.estimate:.1%} (interval {found.low:.1%} to {found.high:.1%})"
    return f"{found.estimate:+.2f} points (interval {found.low:+.2f} to {found.high:+.2f})"


def _of(count: Count) -> str:
    return f"{count.hits:,} of {count.total:,}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
