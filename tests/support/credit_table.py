"""A small table of loans as a CSV file, with a recipe: numbers, truth values, categories, gaps and strangers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

COLUMNS = [
    {"name": "age", "type": "int", "minimum": 18, "maximum": 99},
    {"name": "income", "type": "float", "minimum": 0, "missing": "nan"},
    {"name": "employed", "type": "bool", "missing": "default", "default": 1.0},
    {
        "name": "purpose",
        "type": "category",
        "allowed": ["car", "house", "study"],
        "unknown": "other",
        "missing": "nan",
    },
]
RECIPE: dict[str, Any] = {
    "model": "loans",
    "origin": {"kind": "file", "path": "loans.csv"},
    "target": {"column": "outcome", "labels": {"0": "good", "1": "bad"}, "positive": "bad"},
    "id": "loan",
    "columns": COLUMNS,
    "feature_table": True,
    "splits": {"column": "part"},
    "preprocessing": {"imputation": "none", "categories": "native"},
    "estimator": {"kind": "lightgbm", "parameters": {"n_estimators": 20, "num_leaves": 8, "min_child_samples": 5}},
    "cross_validation": {"folds": 3},
    "decision": {
        "threshold": "f1",
        "bands": [{"name": "low", "below": 0.2}, {"name": "middle", "below": 0.5}, {"name": "high", "below": 1.0}],
    },
}


def write_table(path: Path, rows: int = 900, seed: int = 0) -> Path:
    """A CSV file; the last fifth of its rows is for testing."""
    chance = np.random.default_rng(seed)
    lines = ["loan,age,income,employed,purpose,part,outcome"]
    for number in range(rows):
        age, income = int(chance.integers(18, 99)), round(float(chance.gamma(4, 700)), 2)
        purpose = ["car", "house", "study", "boat"][chance.integers(0, 4)]
        risk = 1 / (1 + np.exp(0.05 * (age - 40) + income / 1500 - 1.5 - (purpose == "study")))
        gap = chance.random(2) < 0.1
        known = (f"L{number}", age, "" if gap[0] else income, ("true", "false")[number % 3 == 0])
        part = "test" if number >= 0.8 * rows else "train"
        cells = (*known, "" if gap[1] else purpose, part, int(chance.random() < risk))
        lines.append(",".join(map(str, cells)))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_recipe(folder: Path, changes: Mapping[str, Any] | None = None, name: str = "loans.yaml") -> Path:
    """The recipe beside its table; `changes` replace parts of it."""
    if not (folder / "loans.csv").exists():
        write_table(folder / "loans.csv")
    path = folder / name
    path.write_text(yaml.safe_dump({**RECIPE, **(changes or {})}, sort_keys=False))
    return path
