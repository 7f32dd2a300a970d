"""The generator of credit applications: repeatable, with a known limit, and its knobs move what they should."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.metrics import roc_auc_score

from tests.unit.credit.conftest import SMALL, tables_of
from training.tables.credit.applications import SHIFTED
from training.tables.credit.bayes import bayes_roc_auc, describe
from training.tables.credit.generator import generate
from training.tables.credit.plan import BLOCK, FIRST_ID, CreditPlan
from training.tables.origins import GeneratedOrigin

NEVER_MISSING = ("application_id", "income", "credit", "age_months", "product", "owns_car")
ALWAYS_OPTIONAL = ("education", "annuity", "score_a", "score_b", "score_c", "enquiries_year", "living_area")


@pytest.fixture(scope="module")
def small() -> dict[str, pa.Table]:
    return tables_of(SMALL)


def test_one_seed_gives_the_same_data_and_another_one_others(small: dict[str, pa.Table]) -> None:
    again, other = tables_of(SMALL), tables_of(replace(SMALL, seed=1))
    assert all(again[name].equals(table) for name, table in small.items())
    assert not any(other[name].equals(table) for name, table in small.items())


def test_fewer_applications_are_the_first_of_many() -> None:
    few, many = tables_of(CreditPlan(BLOCK + 7, 1, 1)), tables_of(CreditPlan(BLOCK + 400, 1, 1))
    last = FIRST_ID + BLOCK + 7
    for name, table in many.items():
        mine = few[name].filter(pc.less(few[name]["application_id"], last))
        assert table.filter(pc.less(table["application_id"], last)).equals(mine)


def test_blocks_come_one_by_one_however_many_there_are() -> None:
    blocks = generate(CreditPlan(train=10**12, validation=1, test=1))
    assert [len(next(blocks)) for _ in range(2)] == [BLOCK, BLOCK]


def test_history_belongs_to_applications_and_lies_before_them(small: dict[str, pa.Table]) -> None:
    ids = small["applications"]["application_id"].to_pylist()
    assert ids == list(range(FIRST_ID, FIRST_ID + 2_000))
    for name, day in (("bureau", "opened_day"), ("previous", "decided_day"), ("payments", "due_day")):
        assert set(small[name]["application_id"].to_pylist()) <= set(ids)
        assert pc.max(small[name][day]).as_py() < 0
    paid = small["payments"]["paid_day"].drop_null()
    assert pc.max(paid).as_py() <= 0


def test_about_eight_per_cent_default_and_the_bayes_limit_is_about_0_78(small: dict[str, pa.Table]) -> None:
    outcomes = small["outcomes"]
    assert np.mean(outcomes["probability"].to_numpy()) == pytest.approx(0.08, abs=0.008)
    assert np.mean(outcomes["defaulted"].to_numpy()) == pytest.approx(0.08, abs=0.025)
    assert bayes_roc_auc(outcomes["probability"].to_numpy()) == pytest.approx(0.78, abs=0.02)


def test_the_splits_are_described(small: dict[str, pa.Table]) -> None:
    figures = describe(small["outcomes"])
    assert {name: split["applications"] for name, split in figures.items()} == {
        "train": 1_200, "validation": 500, "test": 300,
    }  # fmt: skip


def test_the_bayes_limit_is_that_of_all_pairs() -> None:
    p = np.array([0.1, 0.4, 0.4, 0.9, 0.05])
    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    ranked = sum(p[i] * (1 - p[j]) * ((p[i] > p[j]) + 0.5 * (p[i] == p[j])) for i, j in pairs)
    assert bayes_roc_auc(p) == pytest.approx(ranked / sum(p[i] * (1 - p[j]) for i, j in pairs))
    assert bayes_roc_auc(np.full(7, 0.3)) == pytest.approx(0.5)


def test_the_bayes_limit_is_the_roc_auc_of_the_probabilities_on_many_labels() -> None:
    random = np.random.default_rng(3)
    p = random.beta(1, 9, 200_000)
    assert bayes_roc_auc(p) == pytest.approx(roc_auc_score(random.random(200_000) < p, p), abs=0.005)


def test_drift_shifts_its_columns_in_the_test_split_and_nothing_else() -> None:
    plan = CreditPlan(train=100, validation=100, test=3_000)
    (*before, still), (*others, moved) = list(generate(plan)), list(generate(replace(plan, drift=1.0)))
    for block, other in zip(before, others, strict=True):
        assert all(other.tables[name].equals(table) for name, table in block.tables.items())
    old, new = still.tables["applications"], moved.tables["applications"]
    shifts = {name: _shift(old[name], new[name]) for name in (*SHIFTED, "registered_months", "hour")}
    assert all(shifts[name] > 0.6 for name in ("age_months", "income", "credit"))
    assert all(shifts[name] < -0.6 for name in ("score_a", "score_b", "score_c"))
    assert abs(shifts["hour"]) < 0.1


def _shift(old: pa.ChunkedArray, new: pa.ChunkedArray) -> float:
    """Of the medians of logarithms or ranks, in standard deviations: the place of the new median in the old values."""
    before, after = old.drop_null().to_numpy(), new.drop_null().to_numpy()
    below = np.mean(before < np.median(after)) + np.mean(before == np.median(after)) / 2
    return float(np.log(below / (1 - below)) / 1.7)  # a logistic curve that is close to the normal one


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_the_share_of_missing_values_is_that_of_the_plan(share: float) -> None:
    applications = tables_of(replace(SMALL, missing=share))["applications"]
    for name in ALWAYS_OPTIONAL:
        assert applications[name].null_count / 2_000 == pytest.approx(share, abs=0.05)
    assert all(applications[name].null_count == 0 for name in NEVER_MISSING)


def test_a_scaled_plan_keeps_the_shares_of_the_full_one() -> None:
    full = GeneratedOrigin()
    whole = CreditPlan.scaled(356_255, seed=0, drift=0, missing=0.05)
    assert whole == CreditPlan.of(full)
    assert CreditPlan.scaled(3, seed=0, drift=0, missing=0).applications == 3
    assert CreditPlan.scaled(3_562, seed=0, drift=0, missing=0).test == 487
