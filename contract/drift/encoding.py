"""From entries of the log to the numbers that a reference is about; everything here blocks."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from contract.card import VersionCard
from contract.drift.comparison import Present
from contract.drift.pictures import Figures
from contract.drift.sampling import Sample
from contract.drift.summaries import Values
from contract.inputs import TableInput
from contract.table import Encoder


def present(card: VersionCard, sample: Sample, hashed: Collection[str]) -> Present:
    """What the predictions were about, and their answers; `hashed` columns are unknown."""
    places: dict[str | None, float] = {label: place for place, label in enumerate(card.output.labels)}
    labels = np.array([places.get(label, np.nan) for label in sample.labels], np.float64)
    return Present(_features(card, sample, hashed), labels, _numbers(sample.probabilities))


def _features(card: VersionCard, sample: Sample, hashed: Collection[str]) -> Mapping[str, Values]:
    read = (json.loads(text) for text in sample.features if text is not None)
    rows = [row for row in read if isinstance(row, dict)]
    if not isinstance(card.input, TableInput):
        return {name: _numbers([row.get(name) for row in rows]) for name in Figures._fields}
    return _columns(card.input, rows, hashed)


def _columns(schema: TableInput, rows: Sequence[Mapping[str, Any]], hashed: Collection[str]) -> Mapping[str, Values]:
    # A hashed value is a text of 64 digits, which no number is: it is taken for missing before it is encoded.
    encoded = Encoder(schema).rows([{**row, **dict.fromkeys(hashed & row.keys())} for row in rows]).features
    return {
        name: values for name, values in zip(schema.names, encoded.T, strict=True) if name not in hashed and len(values)
    }


def _numbers(values: Sequence[float | None]) -> Values:
    # None becomes NaN.
    return np.array(values, np.float64)
