"""Tables of history: `bureau`, `previous`, `payments`. Days count from the application, so the past is negative."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.tables.credit.applications import Applicants
from training.tables.credit.draws import Columns, Draws, Numbers, Texts, logistic, plain, rounded

BUREAU: Texts = {"status": ("active", "closed", "sold"), "kind": ("consumer", "card", "car", "mortgage", "micro")}
PREVIOUS: Texts = {
    "outcome": ("approved", "refused", "cancelled", "unused"),
    "reason": ("none", "score", "income", "history", "documents"),
    "product": ("cash", "card", "car", "home"),
    "channel": ("branch", "online", "partner", "phone"),
    "rate_band": ("low", "middle", "high"),
}
ACTIVE, CLOSED = 0, 1
CARD = BUREAU["kind"].index("card")
APPROVED, REFUSED = 0, 1
BUREAU_MEAN, PREVIOUS_MEAN, PAYMENTS_MEAN = 3.6, 2.6, 8.0
BUREAU_AMOUNTS = np.array([6_000, 3_000, 15_000, 90_000, 700])
PREVIOUS_AMOUNTS = np.array([6_000, 2_500, 14_000, 60_000])

Owners = NDArray[np.int64]


@dataclass(frozen=True)
class History:
    """A table of history."""

    columns: Columns
    owner: Owners
    """For each row the place of its applicant, int64 [rows], ascending."""
    texts: Texts


def draw_bureau(draws: Draws, applicants: Applicants) -> History:
    """Earlier credits with other lenders."""
    owner = _owners(draws, BUREAU_MEAN, applicants)
    draws, prudence = replace(draws, count=len(owner)), applicants.prudence[owner]
    kind = draws.pick((0.62, 0.23, 0.06, 0.04, 0.05), -0.1 * prudence)
    amount = draws.amount(BUREAU_AMOUNTS[kind], 0.6)
    times = _times(draws)
    columns = {"application_id": applicants.ids[owner], "kind": kind, **times, "amount": amount}
    columns |= _debts(draws, amount, plain(times["status"]) == ACTIVE, prudence)
    return History(columns | {"credit_limit": draws.hide(amount, kind != CARD)}, owner, BUREAU)


def _times(draws: Draws) -> Columns:
    opened = -draws.between(30, 2_900)
    ends = opened + draws.between(90, 1_800)
    is_over = ends < -30
    return {
        "status": is_over + (draws.chance(0.01) & is_over),  # a few are sold instead of closed
        "opened_day": opened,
        "ends_day": draws.hide(ends),
        "closed_day": draws.hide(np.minimum(ends - draws.between(-20, 120), -1), ~is_over),
        "updated_day": -draws.between(1, 400),
    }


def _debts(draws: Draws, amount: NDArray[np.int64], is_active: NDArray[np.bool_], prudence: Numbers) -> Columns:
    is_overdue = draws.chance(logistic(-3.0 - 0.9 * prudence))
    days = 1 + draws.poisson(25 * np.exp(-0.3 * prudence), most=900)
    share = logistic(draws.normal() - 0.5 * prudence)
    return {
        "debt": draws.hide(np.where(is_active, rounded(amount * share), 0)),
        "overdue_days": np.where(is_overdue, days, 0),
        "overdue_amount": np.where(is_overdue, rounded(amount * 0.04 * (1 + draws.uniform())), 0),
        "prolonged": draws.poisson(0.04 * np.exp(-0.4 * prudence)),
    }


def draw_previous(draws: Draws, applicants: Applicants) -> History:
    """Earlier applications to this lender."""
    owner = _owners(draws, PREVIOUS_MEAN, applicants)
    draws, prudence = replace(draws, count=len(owner)), applicants.prudence[owner]
    outcome = draws.pick((0.62, 0.18, 0.15, 0.05), -0.25 * prudence)
    columns: Columns = {
        "application_id": applicants.ids[owner],
        "previous_id": _numbered(owner),
        "outcome": outcome,
        "reason": np.where(outcome == REFUSED, 1 + draws.pick((0.4, 0.2, 0.25, 0.15)), 0),
        "decided_day": -draws.between(5, 2_900),
        "channel": draws.pick((0.45, 0.25, 0.24, 0.06)),
        "rate_band": draws.hide(draws.pick((0.3, 0.4, 0.3), -0.2 * prudence)),
        "insured": draws.hide(draws.chance(0.35)),
    }
    return History(columns | _wished(draws, outcome == APPROVED), owner, PREVIOUS)


def _wished(draws: Draws, is_approved: NDArray[np.bool_]) -> Columns:
    product = draws.pick((0.6, 0.24, 0.13, 0.03))
    asked = draws.amount(PREVIOUS_AMOUNTS[product], 0.6)
    months = draws.between(4, 48)
    return {
        "product": product,
        "asked": asked,
        "granted": np.where(is_approved, rounded(asked * np.exp(0.15 * draws.normal()), 10), 0),
        "annuity": draws.hide(rounded(12 * asked * (1 / months + 0.007), 10), ~is_approved),
        "goods_price": draws.hide(draws.amount(asked, 0.1)),
        "down_payment": draws.hide(np.where(draws.chance(0.3), rounded(asked * 0.1, 10), 0)),
        "months": draws.hide(months, ~is_approved),
    }


def draw_payments(draws: Draws, applicants: Applicants, previous: History) -> History:
    """Instalments that were due of granted credits."""
    credit = _instalments(draws, previous.columns)
    owner = previous.owner[credit]
    draws, prudence = replace(draws, count=len(owner)), applicants.prudence[owner]
    number = _numbered(credit)
    due = plain(previous.columns["decided_day"])[credit] + 30 * number
    paid = due + _late_days(draws, prudence)
    columns: Columns = {
        "application_id": applicants.ids[owner],
        "previous_id": plain(previous.columns["previous_id"])[credit],
        "number": number,
        "due_day": due,
        "paid_day": np.ma.MaskedArray(paid, paid > 0),  # not yet paid
    }
    return History(columns | _sums(draws, plain(previous.columns["granted"])[credit], prudence), owner, {})


def _instalments(draws: Draws, previous: Columns) -> NDArray[np.int64]:
    """For each instalment the place of its credit; there are none before the first was due."""
    elapsed = (-1 - plain(previous["decided_day"])) // 30
    is_approved = plain(previous["outcome"]) == APPROVED
    draws = replace(draws, count=len(elapsed))
    return np.repeat(np.arange(len(elapsed)), np.minimum(is_approved * draws.poisson(PAYMENTS_MEAN, most=48), elapsed))


def _late_days(draws: Draws, prudence: Numbers) -> NDArray[np.int64]:
    is_late = draws.chance(logistic(-2.2 - 0.9 * prudence))
    late = 1 + draws.poisson(7 * np.exp(-0.35 * prudence), most=365)
    return np.where(is_late, late, -draws.poisson(6.0, most=60))


def _sums(draws: Draws, granted: NDArray[np.int64], prudence: Numbers) -> Columns:
    due = rounded(granted / 12.0)
    is_short = draws.chance(logistic(-3.4 - 0.7 * prudence))
    return {"due_amount": due, "paid_amount": np.where(is_short, rounded(due * draws.uniform()), due)}


def _owners(draws: Draws, mean: float, applicants: Applicants) -> Owners:
    """How many rows each applicant has: some have many, a good part has none."""
    activity = draws.random.gamma(0.9, 1 / 0.9, draws.count)
    counts = draws.poisson(mean * activity * np.exp(-0.1 * applicants.prudence), most=60)
    return np.repeat(np.arange(draws.count), counts)


def _numbered(owner: Owners) -> NDArray[np.int64]:
    """1, 2, 3 … within each owner's rows."""
    return np.arange(len(owner)) - np.searchsorted(owner, owner) + 1
