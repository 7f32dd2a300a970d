"""How likely an applicant is to default, given what the raw tables show and nothing else.

So the generator's own probability is the best that any model can know: its ROC-AUC is the Bayes limit.
"""

import numpy as np
from numpy.typing import NDArray

from training.tables.credit.applications import Applicants
from training.tables.credit.draws import Columns, Numbers, known, logistic, plain
from training.tables.credit.history import ACTIVE, REFUSED, History, Owners

INTERCEPT = -3.55
STRENGTH = 0.88
"""Of all effects; with the intercept it makes a positive rate of 8 % and a Bayes ROC-AUC of 0.78."""
EDUCATION = np.array([0.25, 0.12, 0.05, -0.12, -0.3])
PRODUCT = np.array([0.1, -0.1, 0.0, -0.25])


def default_probability(applicants: Applicants, bureau: History, previous: History, payments: History) -> Numbers:
    """The probability of a default, float64 [n]. A missing value counts like an average one."""
    late = _share(len(applicants), payments.owner, _is_late(payments.columns))
    log_odds = _scores(applicants.columns) + _burden(applicants.columns) + _person(applicants.columns)
    log_odds += _elsewhere(len(applicants), bureau)
    refused = _share(len(applicants), previous.owner, plain(previous.columns["outcome"]) == REFUSED)
    log_odds += 0.7 * _or(refused, 0.15) + 3.0 * _or(late, 0.12)
    log_odds += 0.35 * (_or(late, 0.0) > 0.2) * (known(applicants.columns["score_b"], 0.5) < 0.4)
    return logistic(INTERCEPT + STRENGTH * log_odds)


def _scores(columns: Columns) -> Numbers:
    a, b, c = (0.5 - known(columns[f"score_{name}"], 0.5) for name in "abc")
    return 0.9 * a + 1.9 * b + 1.7 * c + 2.0 * np.maximum(b, 0) * np.maximum(c, 0)


def _burden(columns: Columns) -> Numbers:
    income = known(columns["income"], 0)
    credit = np.log2(known(columns["credit"], 0) / income)
    annuity = known(columns["annuity"], np.nan) / income
    burden = np.where(np.isnan(annuity), 0.12, np.clip(annuity, 0, 0.8))
    is_young = plain(columns["age_months"]) < 30 * 12
    log_odds: Numbers = (
        0.12 * np.clip(credit + 1.5, -2.5, 2.5) + 0.9 * burden + 1.1 * is_young * np.maximum(burden - 0.1, 0)
    )
    return log_odds


def _person(columns: Columns) -> Numbers:
    years = known(columns["employed_months"], 60) / 12
    education = np.where(np.ma.getmaskarray(columns["education"]), 0.0, EDUCATION[plain(columns["education"])])
    log_odds: Numbers = (
        -0.16 * np.clip((plain(columns["age_months"]) / 12 - 43) / 10, -2, 2)
        - 0.05 * (np.minimum(years, 12) - 5)
        + education
        + PRODUCT[plain(columns["product"])]
        + 0.07 * (np.minimum(known(columns["enquiries_year"], 2), 8) - 2)
        - 0.12 * plain(columns["owns_car"])
    )
    return log_odds


def _elsewhere(count: int, bureau: History) -> Numbers:
    columns, owner = bureau.columns, bureau.owner
    is_active = plain(columns["status"]) == ACTIVE
    amount = np.bincount(owner, is_active * plain(columns["amount"]), count)
    debt = np.bincount(owner, is_active * known(columns["debt"], 0), count)
    load = np.where(amount > 0, debt / np.maximum(amount, 1), 0.35)
    overdue = np.bincount(owner, plain(columns["overdue_days"]) > 0, count)
    active = np.bincount(owner, is_active, count)
    return 0.9 * (np.minimum(load, 1) - 0.35) + 0.4 * (np.minimum(overdue, 2) - 0.2) + 0.08 * np.minimum(active, 5)


def _is_late(payments: Columns) -> NDArray[np.bool_]:
    return known(payments["paid_day"], -10_000) > plain(payments["due_day"])


def _share(count: int, owner: Owners, is_one: NDArray[np.bool_]) -> Numbers:
    """The share of each owner's rows, NaN for those without any."""
    rows = np.bincount(owner, minlength=count)
    return np.where(rows > 0, np.bincount(owner, is_one, count) / np.maximum(rows, 1), np.nan)


def _or(share: Numbers, otherwise: float) -> Numbers:
    return np.where(np.isnan(share), otherwise, share)
