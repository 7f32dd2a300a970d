"""Rows and pictures that look alike, until a test moves them; and versions that know how they looked."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.card import VersionCard
from contract.digests import folder_digests
from contract.drift.reference import Reference, ReferenceFile, reference_of_pictures, reference_of_rows
from contract.drift.summaries import Values
from contract.names import ModelVersion
from contract.repository import CARD
from tests.support.table_versions import SCHEMA, TABLE_LABELS, make_table_version, risk
from tests.support.versions import CIFAR10, make_version

PURPOSES = ("car", "house", "other", "boat")
TRAINED = 5_000


def rows(count: int, seed: int) -> Values:
    """Encoded rows of the small table, float32 [count, columns]."""
    chance = np.random.default_rng(seed)
    age, income = chance.integers(18, 99, count), chance.gamma(4, 700, count)
    income[chance.random(count) < 0.1] = np.nan
    columns = [age, income, chance.random(count) < 0.6, chance.integers(0, 4, count)]
    return np.stack(columns, axis=1).astype(np.float32)


def sent(encoded: Values) -> list[dict[str, Any]]:
    """The same rows as callers send them."""
    return [
        {
            "key": f"k{number}",
            "age": int(age),
            "income": None if np.isnan(income) else float(income),
            "employed": bool(employed),
            "purpose": PURPOSES[int(purpose)],
        }
        for number, (age, income, employed, purpose) in enumerate(encoded)
    ]


def answers(features: Values) -> Values:
    """What the small table's version answers, float32 [rows, 2]."""
    bad = risk(features)
    return np.stack([1 - bad, bad], axis=1)


def reference_of_small_table() -> tuple[Reference, ReferenceFile]:
    return reference_of_rows(SCHEMA, rows(TRAINED, 0), TABLE_LABELS, answers(rows(2_000, 1)))


def pictures(count: int, seed: int) -> NDArray[np.uint8]:
    """Noise of different brightness, uint8 [count, 32, 32, 3]."""
    chance = np.random.default_rng(seed)
    light = chance.integers(40, 160, (count, 1, 1, 1))
    return (light + chance.integers(0, 60, (count, 32, 32, 3))).astype(np.uint8)


def make_watched_table(root: Path, model: str = "credit", version: int = 1) -> ModelVersion:
    """A version of the small table with a reference."""
    found, file = reference_of_small_table()
    return make_table_version(root, model, version, put=lambda folder: found.write(folder / file.file), reference=file)


def make_watched_pictures(root: Path) -> ModelVersion:
    """A version for pictures with a reference; in the log of tests every label is as likely as the others."""
    name = make_version(root)
    found, file = reference_of_pictures(pictures(1_000, 0), CIFAR10, np.full((100, 10), 0.1, np.float32))
    folder = root / name.triton_name
    found.write(folder / file.file)
    card = VersionCard.parse((folder / CARD).read_bytes())
    files = folder_digests(folder, leave_out=frozenset({CARD}))
    given = VersionCard.model_validate({**card.model_dump(), "files": files, "reference": file})
    (folder / CARD).write_text(given.model_dump_json())
    return name
