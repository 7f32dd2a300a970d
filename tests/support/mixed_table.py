"""A small made-up table with numbers, truth values and categories, some of them missing or unknown."""

from typing import Any

import numpy as np
import pyarrow as pa

from contract.columns import Column
from contract.inputs import TableInput
from training.tables.dataset import Features, TableData, TableSplit, Targets
from training.tables.recipe import Recipe

COLUMNS = (
    Column(name="income", type="float", missing="nan"),
    Column(name="children", type="int", missing="nan"),
    Column(name="job", type="category", allowed=("none", "some", "many"), unknown="other", missing="nan"),
    Column(name="owner", type="bool", missing="nan"),
    Column(name="noise", type="float", missing="nan"),
    Column(name="town", type="category", allowed=tuple(f"town{number}" for number in range(12)), missing="nan"),
)
SCHEMA = TableInput(columns=COLUMNS)
LABELS = ("good", "bad", "ugly")
_KINDS = len(COLUMNS[2].allowed) + 1
_TOWNS = len(COLUMNS[5].allowed)


def rows(count: int, seed: int, *, missing: float = 0.1, labels: int = 2) -> tuple[Features, Targets]:
    """Encoded rows float32 [count, 6] and their labels, which depend on all columns but `noise`."""
    random = np.random.default_rng(seed)
    columns = (
        random.lognormal(0, 1, count),
        random.integers(0, 5, count),
        random.integers(0, _KINDS, count),
        random.integers(0, 2, count),
        random.normal(0, 1, count),
        random.integers(0, _TOWNS, count),
    )
    features = np.stack(columns, axis=1).astype(np.float32)
    worth = np.log(features[:, 0]) + 0.3 * features[:, 1] + (features[:, 2] == 1) + (features[:, 5] % 3)
    worth += features[:, 3] + random.normal(0, 0.5, count)
    edges = np.quantile(worth, np.arange(1, labels) / labels)
    features[random.random(features.shape) < missing] = np.nan
    return features, np.searchsorted(edges, worth).astype(np.int64)


def split(count: int, seed: int, *, missing: float = 0.1, labels: int = 2) -> TableSplit:
    """A split of such rows."""
    return TableSplit(*rows(count, seed, missing=missing, labels=labels), pa.table({}))


def data(*, train: int = 240, validation: int = 0, test: int = 120, missing: float = 0.1, labels: int = 2) -> TableData:
    """A data set of such rows."""
    return TableData(
        source="made up for tests",
        schema=SCHEMA,
        labels=LABELS[:labels],
        train=split(train, 1, missing=missing, labels=labels),
        test=split(test, 2, missing=missing, labels=labels),
        validation=split(validation, 3, missing=missing, labels=labels) if validation else None,
    )


def recipe(kind: str = "logistic_regression", *, labels: int = 2, **parts: Any) -> Recipe:
    """A recipe for such rows; `parts` are its other parts, as YAML would say them."""
    estimator = parts.pop("estimator", {})
    small: dict[str, Any] = {} if kind == "logistic_regression" else {"n_estimators": 8}
    small |= estimator.pop("parameters", {})
    return Recipe.model_validate(
        {
            "model": "mixed",
            "origin": {"kind": "known", "name": "breast-cancer"},
            "target": {"column": "outcome", "labels": {str(number): LABELS[number] for number in range(labels)}},
            "columns": [column.model_dump() for column in COLUMNS],
            "estimator": {"kind": kind, "parameters": small, **estimator},
            "cross_validation": {"folds": 3},
            **parts,
        }
    )
