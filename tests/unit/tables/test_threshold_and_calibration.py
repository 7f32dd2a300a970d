import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from tests.support import mixed_table
from tests.support.mixed_table import rows
from tests.unit.tables.conftest import fit
from training.tables.calibration import Sigmoid, fit_sigmoid
from training.tables.link import log_odds
from training.tables.recipe import Cost, DecisionRule
from training.tables.threshold import best_f1, decide, least_cost

ANSWERS = st.lists(st.tuples(st.booleans(), st.sampled_from([0, 0.1, 0.3, 0.30001, 0.7, 0.99, 1])), min_size=1).map(
    lambda pairs: (np.array([truth for truth, _ in pairs]), np.array([chance for _, chance in pairs], np.float64))
)
THRESHOLDS = (0, 0.05, 0.2, 0.300001, 0.5, 0.8, 0.995, 1)


@given(answers=ANSWERS)
def test_no_threshold_has_a_better_f1(answers: tuple[np.ndarray, np.ndarray]) -> None:
    truth, chances = answers

    def f1(threshold: float) -> float:
        positive = chances >= threshold
        return 2 * int((positive & truth).sum()) / max(1, int(positive.sum() + truth.sum()))

    assert f1(best_f1(truth, chances)) == max(map(f1, THRESHOLDS))


@given(answers=ANSWERS, false_positive=st.integers(0, 9), false_negative=st.integers(0, 9))
def test_no_threshold_costs_less(
    answers: tuple[np.ndarray, np.ndarray],
    false_positive: int,
    false_negative: int,
) -> None:
    truth, chances = answers
    cost = Cost(false_positive=false_positive, false_negative=false_negative)

    def total(threshold: float) -> int:
        positive = chances >= threshold
        return false_positive * int((positive & ~truth).sum()) + false_negative * int((~positive & truth).sum())

    assert total(least_cost(truth, chances, cost)) == min(map(total, THRESHOLDS))


def test_a_chosen_threshold_is_no_rows_probability() -> None:
    truth, chances = np.array([False, True, False, True]), np.array([0.2, 0.4, 0.5, 0.9])
    assert best_f1(truth, chances) == pytest.approx(0.3)
    assert least_cost(truth, chances, Cost(false_positive=5, false_negative=1)) == pytest.approx(0.7)


def test_a_decision_says_how_it_came_to_its_threshold() -> None:
    truth, chances = np.array([False, True]), np.array([0.2, 0.4])
    fixed = decide(DecisionRule(threshold=0.35), "bad", truth, chances)
    assert (fixed.threshold, fixed.rule, fixed.positive) == (0.35, "fixed", "bad")
    assert decide(DecisionRule(threshold="f1"), "bad", truth, chances).rule == "f1"
    rule = DecisionRule.model_validate(
        {
            "threshold": "cost",
            "cost": {"false_positive": 1, "false_negative": 1},
            "bands": [{"name": "low", "below": 0.5}, {"name": "high", "below": 1}],
        }
    )
    decided = decide(rule, "bad", truth, chances)
    assert (decided.rule, decided.band(0.7)) == ("cost", "high")


def test_a_sigmoid_finds_the_true_log_odds() -> None:
    random = np.random.default_rng(0)
    true = random.normal(0, 2, 20_000)
    targets = (random.random(20_000) < expit(true)).astype(np.int64)
    sigmoid = fit_sigmoid(((true + 1) / 3)[:, None], targets)
    assert sigmoid.slope == pytest.approx(3, rel=0.05)
    assert sigmoid.intercept == pytest.approx(-1, abs=0.05)


def test_labels_that_do_not_overlap_leave_the_slope_finite() -> None:
    sigmoid = fit_sigmoid(np.linspace(-1, 1, 20)[:, None], np.repeat([0, 1], 10))
    assert 0 < sigmoid.slope < 100


@pytest.mark.parametrize("kind", ["lightgbm", "logistic_regression", "random_forest"])
def test_calibration_keeps_the_order_of_rows(kind: str) -> None:
    model = fit(mixed_table.recipe(kind), mixed_table.data())
    features, targets = rows(300, 9)
    sigmoid = fit_sigmoid(log_odds(model.scores(features), model.estimator.link), targets)
    before, after = (some.probabilities(features)[:, 1] for some in (model, model.calibrated(sigmoid)))
    assert not np.allclose(before, after, atol=1e-3)
    assert roc_auc_score(targets, after) == pytest.approx(roc_auc_score(targets, before), abs=1e-3)


def test_probabilities_of_0_and_1_have_finite_log_odds() -> None:
    scores = np.array([[0.0], [0.5], [1.0]])
    assert np.isfinite(Sigmoid(2, 1)(log_odds(scores, "probability"))).all()
