"""The generator: blocks of applications with their history, always the same for one seed and place."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from training.tables.credit import applications
from training.tables.credit.applications import draw_applicants
from training.tables.credit.draws import Draws, Numbers, arrow_table
from training.tables.credit.history import History, draw_bureau, draw_payments, draw_previous
from training.tables.credit.plan import BLOCK, FIRST_ID, SPLITS, CreditPlan, Place
from training.tables.credit.risk import default_probability

TABLES = ("applications", "bureau", "previous", "payments")


@dataclass(frozen=True)
class CreditBlock:
    """Some applications of one split: the raw tables, and what became of the applications."""

    tables: dict[str, pa.Table]
    """By the names in `TABLES`."""
    outcomes: pa.Table
    """`application_id`, `split`, `defaulted`, and `probability`: the generator's own, float64."""

    def __len__(self) -> int:
        return len(self.outcomes)


def generate(plan: CreditPlan) -> Iterator[CreditBlock]:
    """The blocks of a plan, in the order of their applications; one block is in memory at a time."""
    return (_block(plan, place) for place in plan.places())


def _block(plan: CreditPlan, place: Place) -> CreditBlock:
    seed = np.random.SeedSequence((plan.seed, SPLITS.index(place.split), place.number))
    draws = [Draws(np.random.default_rng(child), BLOCK, plan.missing) for child in seed.spawn(len(TABLES) + 1)]
    ids = np.arange(BLOCK) + FIRST_ID + place.first
    applicants = draw_applicants(draws[0], ids, plan.drift if place.split == "test" else 0.0)
    bureau, previous = draw_bureau(draws[1], applicants), draw_previous(draws[2], applicants)
    payments = draw_payments(draws[3], applicants, previous)
    probability = default_probability(applicants, bureau, previous, payments)
    tables = {
        "applications": arrow_table(applicants.columns, applications.TEXTS)[: place.rows],
        "bureau": _of_first(place.rows, bureau),
        "previous": _of_first(place.rows, previous),
        "payments": _of_first(place.rows, payments),
    }
    outcomes = _outcomes(place, ids, draws[4].chance(probability), probability)
    return CreditBlock(tables, outcomes[: place.rows])


def _of_first(count: int, table: History) -> pa.Table:
    """The rows of the first applicants; owners ascend."""
    return arrow_table(table.columns, table.texts)[: int(np.searchsorted(table.owner, count))]


def _outcomes(place: Place, ids: NDArray[np.int64], defaulted: NDArray[np.bool_], probability: Numbers) -> pa.Table:
    split = pa.DictionaryArray.from_arrays(np.full(len(ids), SPLITS.index(place.split), np.int32), SPLITS)
    return pa.table({"application_id": ids, "split": split, "defaulted": defaulted, "probability": probability})
