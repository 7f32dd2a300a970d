"""Drift that is there is named, and none is found where there is none."""

import numpy as np
import pytest

from contract.drift.comparison import Drift, Present, compare, verdict_of
from contract.drift.reference import Reference, answers_of, reference_of_rows
from contract.drift.summaries import Values
from contract.sql.runner import SqlRunner
from contract.table import Encoder
from tests.support.drifting import answers, reference_of_small_table, rows
from tests.support.table_versions import SCHEMA, TABLE_LABELS
from training.tables.credit.applications import SHIFTED
from training.tables.credit.false_alarms import Applications, moved, rate
from training.tables.credit.making import with_features
from training.tables.credit.plan import CreditPlan

AT_LEAST = 200


@pytest.fixture(scope="module")
def reference() -> Reference:
    return reference_of_small_table()[0]


def drift(reference: Reference, features: Values, **left_out: object) -> Drift:
    label, confidence = answers_of(answers(features))
    named = dict(zip(SCHEMA.names, features.T, strict=True))
    known = {name: values for name, values in named.items() if name not in left_out}
    return compare(reference, Present(known, label, confidence), at_least=AT_LEAST)


def verdicts(found: Drift) -> dict[str, str]:
    return {one.name: one.verdict for one in [*found.features, found.label, found.confidence]}


def test_nothing_is_found_where_nothing_moved(reference: Reference) -> None:
    for seed in range(10, 60):
        assert set(verdicts(drift(reference, rows(1_000, seed))).values()) == {"none"}


def test_a_number_that_moved_is_named_and_no_other(reference: Reference) -> None:
    now = rows(1_000, 2)
    now[:, 0] = np.minimum(99, now[:, 0] + 25)
    found = verdicts(drift(reference, now))
    assert found["age"] == "major"
    assert {found[name] for name in ("income", "employed", "purpose")} == {"none"}


def test_values_that_go_missing_are_drift(reference: Reference) -> None:
    now = rows(1_000, 3)
    now[np.random.default_rng(3).random(1_000) < 0.4, 1] = np.nan
    income = drift(reference, now).features[1]
    assert income.verdict == "major"
    assert income.missing_reference == pytest.approx(0.1, abs=0.02)
    assert income.missing_now == pytest.approx(0.46, abs=0.05)


def test_a_feature_that_is_gone_altogether_is_drift(reference: Reference) -> None:
    now = rows(500, 4)
    now[:, 1] = np.nan
    assert drift(reference, now).features[1].verdict == "major"


def test_a_category_that_takes_over_and_a_truth_value_that_turns_are_drift(reference: Reference) -> None:
    now = rows(1_000, 5)
    now[:500, 3] = 3
    now[:, 2] = 1 - now[:, 2]
    found = verdicts(drift(reference, now))
    assert found["purpose"] == "major"
    assert found["employed"] in {"moderate", "major"}
    assert (found["age"], found["income"]) == ("none", "none")


def test_answers_that_changed_are_drift(reference: Reference) -> None:
    now = rows(1_000, 6)
    now[:, 0], now[:, 1] = 18, 0
    found = drift(reference, now)
    assert found.label.verdict != "none"
    assert found.confidence.verdict == "major"


def test_too_few_predictions_prove_nothing(reference: Reference) -> None:
    now = rows(AT_LEAST - 1, 7) + 50
    found = drift(reference, now)
    assert set(verdicts(found).values()) == {"too-few"}
    assert (found.features[0].psi, found.features[0].p_value, found.features[0].missing_now) == (None, None, None)


def test_a_feature_of_which_nothing_is_known_is_too_few_and_the_others_are_judged(reference: Reference) -> None:
    found = verdicts(drift(reference, rows(1_000, 8), income=True))
    assert (found["income"], found["age"]) == ("too-few", "none")


@pytest.mark.parametrize(
    ("psi", "p_value", "verdict"),
    [
        (0.09, 1e-9, "none"),
        (0.1, 0.05, "moderate"),
        (0.1, 0.051, "none"),
        (0.25, 0.05, "major"),
        (9.0, 0.06, "none"),
    ],
)
def test_a_verdict_needs_distance_and_proof(psi: float, p_value: float, verdict: str) -> None:
    assert verdict_of(psi, p_value) == verdict


@pytest.fixture(scope="module")
def applications() -> Applications:
    return Applications.generate(8_192)


def test_two_hundred_features_that_did_not_move_raise_no_alarm(applications: Applications) -> None:
    found = rate(applications.compared(seed, reference=4_000, size=1_000) for seed in range(10))
    assert (found.comparisons, found.features) == (10, 10 * 191)
    assert found.found == 0
    # What the adjustment allows: in one comparison of twenty some feature, by chance alone.
    assert found.significant <= 4


def test_one_feature_of_two_hundred_that_moved_is_the_one_that_is_named(applications: Applications) -> None:
    found = applications.compared(0, reference=4_000, size=1_000, change=moved(applications.schema, 1.0))
    assert [one.name for one in found.features if one.verdict != "none"] == ["income"]


def test_the_drift_that_the_generator_makes_is_named(applications: Applications) -> None:
    plan = CreditPlan(train=1, validation=1, test=2_000, seed=9, drift=1.0)
    tables = [table for _, table in with_features(plan, SqlRunner(applications.schema))][2]
    (batch,) = tables.combine_chunks().to_batches()
    now = Encoder(applications.schema).batch(batch).features
    reference, _ = reference_of_rows(
        applications.schema, applications.features, TABLE_LABELS, applications.probabilities
    )
    columns = dict(zip(applications.schema.names, now.T, strict=True))
    found = compare(reference, Present(columns, np.zeros(2_000), np.full(2_000, 0.9)), at_least=AT_LEAST)
    named = {one.name: one for one in found.features}
    assert all(named[name].verdict == "major" for name in SHIFTED)
    assert all(named[name].verdict == "none" for name in ("weekday", "hour", "channel", "product"))
