"""Table `applications`: one row for each application for credit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.tables.credit.draws import Columns, Draws, Numbers, Texts, Values, logistic, plain, rounded

TEXTS: Texts = {
    "product": ("cash", "card", "car", "home"),
    "channel": ("branch", "online", "partner", "phone"),
    "region": tuple(f"region-{number:02d}" for number in range(1, 13)),
    "education": ("basic", "secondary", "vocational", "bachelor", "master"),
    "family": ("single", "couple", "married", "divorced", "widowed"),
    "housing": ("rented", "owned", "with-parents", "social", "employer"),
    "employer": ("private", "public", "self-employed", "none"),
    "occupation": (
        "labour",
        "service",
        "sales",
        "driver",
        "clerk",
        "craft",
        "care",
        "teaching",
        "technology",
        "management",
    ),
    "weekday": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}
NO_EMPLOYER = TEXTS["employer"].index("none")
COUPLES = [TEXTS["family"].index("couple"), TEXTS["family"].index("married")]
PRODUCT_AMOUNTS = np.array([9_000, 3_000, 16_000, 70_000])
PRODUCT_MONTHS = np.array([36, 24, 60, 180])
SHIFTED = ("income", "credit", "age_months", "score_a", "score_b", "score_c")
"""Columns that drift moves: the scores down, the others up."""


@dataclass(frozen=True)
class Applicants:
    """Who applies."""

    columns: Columns
    ids: NDArray[np.int64]
    prudence: Numbers
    """How reliably someone pays, standard normal [n]; no table holds it, the scores and the history show it."""

    def __len__(self) -> int:
        return len(self.ids)


def draw_applicants(draws: Draws, ids: NDArray[np.int64], drift: float) -> Applicants:
    """Applications with these ids; `drift` shifts the columns `SHIFTED`, in standard deviations."""
    prudence, wealth = draws.normal(), draws.normal()
    person = _person(draws, wealth, drift)
    columns = {"application_id": ids, **person, **_credit(draws, wealth, drift, person)}
    columns |= {**_scores(draws, prudence, drift), **_circumstances(draws, prudence, person)}
    return Applicants(columns, ids, prudence)


def _person(draws: Draws, wealth: Numbers, drift: float) -> Columns:
    age = np.clip(np.rint(516 + 140 * (draws.normal() + drift)), 216, 960).astype(np.int64)
    employer = draws.pick((0.62, 0.16, 0.11, 0.11), (age - 516) / 600)
    children = draws.poisson(0.7 * np.exp(-(((age - 450) / 170) ** 2)), most=8)
    family = draws.pick((0.24, 0.14, 0.47, 0.11, 0.04), (age - 516) / 500)
    return {
        "age_months": age,
        "education": draws.hide(draws.pick((0.1, 0.38, 0.22, 0.2, 0.1), 0.5 * wealth)),
        "family": family,
        "children": children,
        "household": 1 + np.isin(family, COUPLES) + children,
        "housing": draws.pick((0.34, 0.46, 0.11, 0.06, 0.03)),
        "employer": employer,
        "occupation": draws.hide(draws.pick((0.1,) * 10, 0.6 * wealth), employer == NO_EMPLOYER),
        "employed_months": draws.hide(_share_of(draws, age - 190, 1.6), employer == NO_EMPLOYER),
        "income": rounded(30_000 * np.exp(0.45 * (0.8 * wealth + 0.6 * draws.normal() + drift)), 100),
        "owns_home": draws.chance(logistic(0.8 * wealth + (age - 516) / 200)),
        **_car(draws, wealth),
    }


def _car(draws: Draws, wealth: Numbers) -> Columns:
    owns = draws.chance(logistic(0.7 * wealth - 0.4))
    return {"owns_car": owns, "car_age": draws.hide(draws.poisson(9 * np.exp(-0.3 * wealth), most=60), ~owns)}


def _credit(draws: Draws, wealth: Numbers, drift: float, person: Columns) -> Columns:
    product = draws.pick((0.66, 0.17, 0.13, 0.04), 0.2 * wealth)
    goods = PRODUCT_AMOUNTS[product] * np.exp(0.55 * (draws.normal() + drift) + 0.3 * wealth)
    months = np.maximum(6, PRODUCT_MONTHS[product] * np.exp(0.3 * draws.normal()))
    credit = rounded(goods * np.exp(0.12 * draws.normal()), 100)
    yearly = 12 * credit * (1 / months + 0.006 * np.exp(0.2 * draws.normal()))
    return {
        "product": product,
        "credit": credit,
        "annuity": draws.hide(rounded(yearly, 10)),
        "goods_price": draws.hide(rounded(goods, 100)),
        "channel": draws.pick((0.4, 0.35, 0.19, 0.06), (516 - plain(person["age_months"])) / 500),
        "weekday": draws.pick((0.17, 0.17, 0.17, 0.17, 0.16, 0.1, 0.06)),
        "hour": np.clip(np.rint(13 + 3.5 * draws.normal()), 0, 23).astype(np.int64),
    }


def _scores(draws: Draws, prudence: Numbers, drift: float) -> Columns:
    def score(weight: float) -> Values:
        noise = np.sqrt(1 - weight**2) * draws.normal()
        return draws.hide(np.round(logistic(0.95 * (weight * prudence + noise - drift)), 6))

    return {"score_a": score(0.45), "score_b": score(0.6), "score_c": score(0.55)}


def _circumstances(draws: Draws, prudence: Numbers, person: Columns) -> Columns:
    age = plain(person["age_months"])
    month = draws.poisson(0.25)
    quarter = month + draws.poisson(0.45 * np.exp(-0.2 * prudence))
    return {
        "registered_months": draws.hide(_share_of(draws, age, 1.2)),
        "document_months": _share_of(draws, age - 190, 1.0),
        "phone_months": draws.hide(_share_of(draws, np.minimum(age - 190, 160), 2.0)),
        "has_email": draws.chance(0.6),
        "has_work_phone": draws.chance(0.25),
        "region": draws.pick((0.16, 0.13, 0.11, 0.1, 0.09, 0.08, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03)),
        "region_rating": 1 + draws.pick((0.14, 0.7, 0.16)),
        "enquiries_month": draws.hide(month),
        "enquiries_quarter": draws.hide(quarter),
        "enquiries_year": draws.hide(quarter + draws.poisson(1.3 * np.exp(-0.25 * prudence))),
        "building_age": draws.hide(draws.poisson(34 * np.exp(0.4 * draws.normal()), most=300)),
        "building_floors": draws.hide(1 + draws.poisson(3.5)),
        "living_area": draws.hide(draws.amount(78, 0.4, step=1)),
    }


def _share_of(draws: Draws, months: NDArray[np.int64], steepness: float) -> NDArray[np.int64]:
    """A share of a time, likelier a small one the steeper."""
    return (np.maximum(months, 0) * draws.uniform() ** steepness).astype(np.int64)
