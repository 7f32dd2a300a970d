"""Gathering what a report shows of a table's training and data."""

from collections.abc import Iterator

import numpy as np

from contract.columns import NUMBERS, Column
from training.report.findings import ColumnFindings, Findings, Try, Values
from training.tables.dataset import Features, TableData
from training.tables.learned import Learned
from training.tables.recipe import Recipe

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


def make_findings(recipe: Recipe, data: TableData, learned: Learned) -> Findings:
    """All that a report of the run needs beside its answers."""
    tries = (Try.model_validate(vars(trial)) for trial in learned.trials)
    return Findings.model_validate(
        {
            "estimator": recipe.estimator.kind,
            "metric": recipe.cross_validation.metric,
            "folds": recipe.cross_validation.folds,
            "tries": tuple(tries),
            "parameters": learned.parameters,
            "importance": learned.importance,
            "importance_of": "ROC-AUC" if len(data.labels) == 2 else "accuracy",
            "counts": data.counts(),
            "columns": tuple(_columns(data)),
            "decision": learned.decision,
        }
    )


def _columns(data: TableData) -> Iterator[ColumnFindings]:
    for place, column in enumerate(data.schema.columns):
        train, test = (_values(split.features[:, place], column) for split in (data.train, data.test))
        yield ColumnFindings(name=column.name, type=column.type, train=train, test=test)


def _values(values: Features, column: Column) -> Values:
    known = values[~np.isnan(values)]
    size = {"rows": len(values), "missing": len(values) - len(known)}
    if not len(known):
        return Values.model_validate(size)
    if column.type in NUMBERS:
        return Values.model_validate({**size, "quantiles": tuple(np.quantile(known, QUANTILES).tolist())})
    names = ("false", "true") if column.type == "bool" else column.allowed
    counts = np.bincount(known.astype(np.int64), minlength=len(names) + 1)
    most = int(counts[: len(names)].argmax())
    unknown = int(counts[len(names)])
    share = float(counts[most] / len(known))
    return Values.model_validate({**size, "most": names[most], "most_share": share, "unknown": unknown})
