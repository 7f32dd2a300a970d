"""`python -m training.tables.credit.false_alarms`: how often drift is found where there is none, and where there is.

Applications of one kind are parted by chance into a reference and predictions, many times; nothing drifts there. Then
one feature of the predictions is moved.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from contract.drift.comparison import Drift, Present, compare
from contract.drift.reference import answers_of, reference_of_rows
from contract.inputs import TableInput
from contract.sql.runner import SqlRunner
from contract.table import Encoder, Features
from training.tables.credit.data import schema_of
from training.tables.credit.making import with_features
from training.tables.credit.plan import CreditPlan
from training.tables.recipes import load_recipe

ROWS, REFERENCE = 20_000, 8_000
SIZES = (200, 1_000, 10_000)
"""Predictions that are compared."""
MOVED = "income"
"""The feature that is moved, by part of its standard deviation."""
SHIFTS = (0.25, 0.5, 1.0)

Change = Callable[[Features], Features]


@dataclass(frozen=True)
class Rate:
    """What many comparisons came to."""

    comparisons: int
    with_any: int
    """Comparisons in which some feature had another verdict than `none`."""
    features: int
    found: int
    """Features with another verdict than `none`, in all comparisons."""
    significant: int
    """Features whose adjusted p-value alone would have been enough."""


@dataclass(frozen=True)
class Applications:
    """Encoded applications, float32 [rows, columns], and probabilities [rows, 2] that a model may have answered."""

    schema: TableInput
    features: Features
    probabilities: Features

    @classmethod
    def generate(cls, rows: int) -> "Applications":
        """Of the shipped recipe's kind, without drift."""
        schema = schema_of(load_recipe("credit-189"))
        plan, encoder = CreditPlan(train=rows, validation=1, test=1), Encoder(schema)
        blocks = (table for _, table in with_features(plan, SqlRunner(schema)))
        encoded = [encoder.batch(batch).features for table in blocks for batch in table.to_batches()]
        risk = np.random.default_rng(0).beta(2, 8, rows).astype(np.float32)
        return cls(schema, np.concatenate(encoded)[:rows], np.stack([1 - risk, risk], axis=1))

    def compared(self, seed: int, *, reference: int, size: int, change: Change = lambda rows: rows) -> Drift:
        """Parted by chance: a reference of so many, and `size` predictions, changed."""
        order = np.random.default_rng(seed).permutation(len(self.features))
        then, now = order[:reference], order[reference : reference + size]
        found, _ = reference_of_rows(self.schema, self.features[then], ("good", "bad"), self.probabilities[then])
        columns = change(self.features[now]).T
        label, confidence = answers_of(self.probabilities[now])
        present = Present(dict(zip(self.schema.names, columns, strict=True)), label, confidence)
        return compare(found, present, at_least=min(size, 200))


def rate(comparisons: Iterator[Drift]) -> Rate:
    """Count what was found."""
    found = [[*drift.features, drift.label, drift.confidence] for drift in comparisons]
    named = [sum(one.verdict != "none" for one in all_of_it) for all_of_it in found]
    significant = sum((one.adjusted_p_value or 0) <= 0.05 for all_of_it in found for one in all_of_it)
    return Rate(len(found), sum(map(bool, named)), sum(map(len, found)), sum(named), significant)


def moved(schema: TableInput, by: float) -> Change:
    """Moves one feature by so many of its standard deviations."""
    place = schema.names.index(MOVED)

    def change(rows: Features) -> Features:
        rows = rows.copy()
        rows[:, place] += by * np.nanstd(rows[:, place])
        return rows

    return change


def main() -> None:
    """Print how often."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    seeds = range(parser.parse_args().seeds)
    data = Applications.generate(ROWS)
    print(f"{len(data.schema.columns)} features, a reference of {REFERENCE:,} applications, {len(seeds)} seeds")
    for size in SIZES:
        found = rate(data.compared(seed, reference=REFERENCE, size=size) for seed in seeds)
        print(
            f"{size:>6,} predictions, no drift: something found in {found.with_any} of {found.comparisons}; "
            f"{found.found} of {found.features:,} features, {found.significant} by p-value alone"
        )
    for by in SHIFTS:
        for size in SIZES:
            _tell_moved(data, by, size, seeds)


def _tell_moved(data: Applications, by: float, size: int, seeds: range) -> None:
    change = moved(data.schema, by)
    place = data.schema.names.index(MOVED)
    found = [data.compared(seed, reference=REFERENCE, size=size, change=change).features[place] for seed in seeds]
    counts = {verdict: sum(one.verdict == verdict for one in found) for verdict in ("moderate", "major")}
    print(f"{size:>6,} predictions, {MOVED} moved by {by} standard deviations: {counts}")


if __name__ == "__main__":
    main()
