"""The rule: what numbers come to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.judge.evidence import NOTHING, Count, Evidence
from gateway.judge.policy import JudgePolicy
from gateway.judge.rule import judge
from gateway.judge.verdict import Criterion, Verdict
from tests.unit.judge.evidence import FLAT, HOUR_S, evidence

DEFAULT = JudgePolicy()
GOOD = Count(10, 5000)
SLOWER = tuple(1.6 * value for value in FLAT)
NOISY = tuple(1.0 + number**2 for number in range(200))
RIGHT, WRONG = Count(950, 1000), Count(800, 1000)
DAY_S = 86_400.0


def criterion(verdict: Verdict, name: str) -> Criterion:
    return next(one for one in verdict.criteria if one.name == name)


@pytest.mark.parametrize(
    ("given", "policy", "decision", "rule"),
    [
        (evidence(), {}, "wait", "samples"),
        (evidence(duration_s=DAY_S), {}, "rollback", "time"),
        (evidence(duration_s=DAY_S), {"when_time_is_up": "wait"}, "wait", "time"),
        (evidence(GOOD, GOOD), {}, "promote", "criteria"),
        (evidence(GOOD, GOOD, duration_s=DAY_S), {}, "promote", "criteria"),
        (evidence(GOOD, GOOD, duration_s=599), {}, "wait", "samples"),
        (evidence(Count(0, 499), GOOD), {}, "wait", "samples"),
        (evidence(GOOD, Count(0, 499)), {}, "wait", "samples"),
        # Not a crash, yet surely worse: not even the least time is waited for.
        (evidence(Count(25, 100), GOOD, duration_s=20), {}, "rollback", "criteria"),
        (evidence(Count(25, 100), GOOD, duration_s=20), {"min_samples_to_roll_back": 101}, "wait", "samples"),
        # Worse, within what the policy allows.
        (evidence(Count(120, 6000), Count(60, 6000)), {"max_error_increase_points": 3}, "promote", "criteria"),
        (evidence(GOOD, GOOD, latencies=(SLOWER, FLAT)), {}, "rollback", "criteria"),
        (evidence(GOOD, GOOD, latencies=(FLAT, SLOWER)), {}, "promote", "criteria"),
        (evidence(GOOD, GOOD, latencies=(NOISY, NOISY)), {}, "wait", "samples"),
        (evidence(GOOD, GOOD, latencies=((), FLAT)), {}, "wait", "samples"),
        (evidence(GOOD, GOOD, agreement=Count(500, 1000)), {}, "rollback", "criteria"),
        (evidence(GOOD, GOOD, agreement=Count(800, 1000)), {}, "promote", "criteria"),
        (evidence(GOOD, GOOD, agreement=Count(800, 1000)), {"require_agreement": True}, "wait", "samples"),
        (evidence(GOOD, GOOD, agreement=Count(950, 1000)), {"require_agreement": True}, "promote", "criteria"),
        (evidence(GOOD, GOOD, agreement=Count(0, 99)), {}, "promote", "criteria"),
        (evidence(GOOD, GOOD, correct=(WRONG, RIGHT)), {}, "rollback", "criteria"),
        (evidence(GOOD, GOOD, correct=(RIGHT, WRONG)), {"require_accuracy": True}, "promote", "criteria"),
        (evidence(GOOD, GOOD, correct=(RIGHT, RIGHT)), {"require_accuracy": True}, "wait", "samples"),
        (evidence(GOOD, GOOD), {"require_accuracy": True}, "wait", "samples"),
    ],
)
def test_what_numbers_come_to(given: Evidence, policy: dict[str, Any], decision: str, rule: str) -> None:
    found = judge(given, JudgePolicy(**policy))
    assert (found.decision, found.rule) == (decision, rule), found.sentence


@pytest.mark.parametrize(
    ("canary", "stable", "is_crash"),
    [
        (Count(5, 10), NOTHING, True),
        (Count(5, 5), Count(0, 50), True),
        (Count(5, 10), Count(5, 1000), True),
        (Count(4, 4), NOTHING, False),
        (Count(5, 11), NOTHING, False),
        # What fails everywhere is no fault of the canary.
        (Count(9, 10), Count(10, 100), False),
        (Count(600, 1000), Count(600, 1000), False),
    ],
)
def test_a_crash_is_rolled_back_at_once(canary: Count, stable: Count, is_crash: bool) -> None:
    found = judge(evidence(canary, stable, latencies=((), ()), duration_s=1), DEFAULT)
    assert (found.rule == "crash") == is_crash
    assert found.decision == ("rollback" if is_crash else "wait")


def test_a_verdict_says_why_in_a_sentence_and_with_numbers() -> None:
    found = judge(evidence(Count(240, 6000), GOOD, correct=(RIGHT, RIGHT)), DEFAULT)
    errors = criterion(found, "errors")
    assert found.decision == "rollback"
    assert found.sentence == errors.sentence
    assert found.sentence.startswith(
        "240 of 6,000 answers of the canary failed, and 10 of 5,000 of the stable version's"
    )
    assert errors.canary == 0.04
    assert errors.estimate == pytest.approx(3.8)
    assert errors.low is not None
    assert errors.low > errors.threshold == 0.5
    assert [one.outcome for one in found.criteria] == ["failed", "passed", "not judged", "open"]
    assert Verdict.model_validate_json(found.model_dump_json()) == found


@st.composite
def count(draw: st.DrawFn, most: int = 20_000) -> Count:
    total = draw(st.integers(0, most))
    # Few errors are the usual case, and the one in which decisions differ.
    hits = draw(st.one_of(st.integers(0, total), st.integers(0, min(total, 60))))
    return Count(hits, total)


ORDER = {"rollback": 0, "wait": 1, "promote": 2}


@given(count(), count(), st.integers(1, 500), st.sampled_from([1.0, HOUR_S, DAY_S]))
def test_more_errors_of_the_canary_never_make_the_verdict_better(
    canary: Count, stable: Count, more: int, duration_s: float
) -> None:
    worse = Count(min(canary.hits + more, canary.total), canary.total)
    before = judge(evidence(canary, stable, duration_s=duration_s), DEFAULT)
    after = judge(evidence(worse, stable, duration_s=duration_s), DEFAULT)
    assert ORDER[after.decision] <= ORDER[before.decision]


@given(count(), count(), st.integers(1, 500))
def test_more_failed_answers_never_turn_a_rollback_into_a_promotion(canary: Count, stable: Count, more: int) -> None:
    before = judge(evidence(canary, stable), DEFAULT)
    after = judge(evidence(Count(canary.hits + more, canary.total + more), stable), DEFAULT)
    assert (before.decision, after.decision) != ("rollback", "promote")


values = st.lists(st.floats(0, 1e6), max_size=300)


@given(count(), count(), values, st.floats(0, HOUR_S * 20))
def test_a_canary_with_the_numbers_of_the_stable_version_is_never_rolled_back(
    errors: Count, correct: Count, latencies: list[float], duration_s: float
) -> None:
    given = evidence(
        errors, errors, latencies=(latencies, latencies), correct=(correct, correct), duration_s=duration_s
    )
    assert judge(given, DEFAULT).decision != "rollback"


@given(count(), count(), count(), count(), count(), values, values)
def test_any_counts_get_the_same_verdict_twice(
    canary: Count, stable: Count, ours: Count, theirs: Count, agreement: Count, fast: list[float], slow: list[float]
) -> None:
    given = evidence(canary, stable, latencies=(fast, slow), correct=(ours, theirs), agreement=agreement)
    assert judge(given, DEFAULT) == judge(given, DEFAULT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_duration_s": 60, "max_duration_s": 60},
        {"alpha": 0},
        {"min_samples": 0},
        {"max_latency_ratio": 1},
        {"min_agreement": 1.1},
        {"sample_size": 1},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JudgePolicy(**wrong)
