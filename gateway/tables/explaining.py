"""Saying what each column adds to a prediction."""

import math

import numpy as np

from contract.columns import Column
from gateway.errors import ExplanationsMissing
from gateway.inference import Features
from gateway.tables.answers import Contribution, RowExplanation
from gateway.tables.model import TableModel


def explain(model: TableModel, features: Features) -> RowExplanation:
    """Explain one encoded row, float32 [columns]; blocks. Raises `ExplanationsMissing` or `VersionDamaged`."""
    known = model.card.explanation
    if known is None:
        raise ExplanationsMissing
    base, contributions = model.explainer.contributions(features)
    order = np.argsort(-np.abs(contributions), kind="stable").tolist()
    found = [_contribution(model.schema.columns[place], features[place], contributions[place]) for place in order]
    return RowExplanation(label=known.label, scale=known.scale, base=base, contributions=found)


def _contribution(column: Column, value: np.float32, contribution: np.float64) -> Contribution:
    return Contribution(column=column.name, value=readable(column, float(value)), contribution=float(contribution))


def readable(column: Column, value: float) -> float | str | None:
    """What an encoded value stands for: a number, a category (None for one that isn't allowed), None where missing."""
    if math.isnan(value):
        return None
    if column.type != "category":
        return value
    return column.allowed[int(value)] if int(value) < len(column.allowed) else None
