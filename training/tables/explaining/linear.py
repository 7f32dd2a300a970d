"""Linear models over prepared numbers and one-hot codes."""

import numpy as np
from numpy.typing import NDArray

from contract.explaining.additive import Additive
from training.tables.dataset import Features
from training.tables.explaining.features import Sources

Floats = NDArray[np.float64]
CHUNK = 8_192
"""Rows at a time, which bounds the memory."""


def linear_terms(
    coefficients: Floats, intercept: float, train: Features, sources: Sources, *, factor: float = 1.0, offset: float = 0
) -> Additive:
    """The terms of offset + factor × (intercept + coefficients · features), of coefficients float64 [features].

    `train` is float32 [n, columns]: the rows whose mean is the base.
    """
    columns, codes = len(sources.schema.columns), sources.missing + 1
    slopes, terms = np.zeros(columns), np.zeros((columns, codes))
    for weight, feature in zip(factor * coefficients, sources.features, strict=True):
        if feature.code is None and not sources.coded[feature.column]:
            slopes[feature.column] = weight
        else:
            terms[feature.column] += weight * (np.arange(codes) if feature.code is None else _is(feature.code, codes))
    numbers, counted = _means(train, sources), _term_means(train, terms, sources)
    base = offset + factor * intercept + float(slopes @ numbers) + float(counted.sum())
    return Additive(np.array([base]), slopes, numbers, terms - counted[:, None], sources.coded)


def _is(code: int, codes: int) -> Floats:
    return np.asarray(np.arange(codes) == code, np.float64)


def _means(train: Features, sources: Sources) -> Floats:
    """Of prepared numbers, float64 [columns]; 0 for categories."""
    parts = (train[start : start + CHUNK] for start in range(0, len(train), CHUNK))
    totals = [np.where(sources.coded, 0.0, sources.preparation.apply(part)).sum(axis=0) for part in parts]
    return np.asarray(np.sum(totals, axis=0) / len(train))


def _term_means(train: Features, terms: Floats, sources: Sources) -> Floats:
    """Of categories' terms, float64 [columns]; 0 for numbers."""
    codes = np.where(np.isnan(train), sources.missing, train).clip(0, sources.missing).astype(np.int64)
    means = [terms[place, codes[:, place]].mean() if sources.coded[place] else 0.0 for place in range(train.shape[1])]
    return np.array(means)
