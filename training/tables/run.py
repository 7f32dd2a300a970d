"""A table run's folder: what `trireme train <recipe>` leaves and `trireme publish` takes.

<state>/runs/<id>/
recipe.yaml         # the recipe as it was followed
model.onnx          # the trained model with its preprocessing, float32 [batch, columns] → probabilities
golden.parquet      # test rows as users send them, their tensors, the trained model's own answers
test.npz            # all test rows encoded, with their true labels: for the engine gate; without pickle
features.parquet    # where the recipe publishes its rows: columns and id
explanation.npz     # where the model can be explained
answers.parquet     # the answers to all test rows
reference.json      # what training rows and test answers look like, for finding drift
report.html         # what a person reads; report.json and plots/ belong to it
run.json            # TableRunRecord; written last, so that a folder with it is a finished run
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from contract.card import FeatureTable
from contract.decision import Decision
from contract.explaining.explanation import Explanation
from contract.inputs import TableInput
from training.data.storage import storage_errors
from training.engines.served import Examples
from training.errors import RunUnfinished
from training.report.findings import Findings
from training.run_store import RunStore
from training.runs import FinishedRun
from training.tables.dataset import TableSplit
from training.tables.recipe import Recipe
from training.tables.recipes import parse_recipe

RECIPE = "recipe.yaml"
MODEL = "model.onnx"
TEST = "test.npz"


class TableRunRecord(FinishedRun):
    """What a finished run with a table did."""

    input: TableInput
    decision: Decision | None = None
    feature_table: FeatureTable | None = None
    explanation: Explanation | None = None
    unexplained: str | None = None
    """Why there is no explanation, as a clause without a full stop."""
    findings: Findings
    """What the search and the data came to."""


@contextmanager
def fresh_run(runs: RunStore) -> Iterator[Path]:
    """A new run's folder, held by this process; it is gone again if what is done inside fails or is interrupted."""
    folder = runs.root / runs.new_id()
    with storage_errors(folder):
        folder.mkdir(parents=True)
        try:
            with runs.working_on(folder):
                yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def write_test(split: TableSplit, path: Path) -> None:
    """Write encoded rows and their labels, without pickle."""
    np.savez_compressed(path, features=split.features, targets=split.targets)


def read_recipe(run: Path) -> Recipe:
    """The recipe that the run in a folder followed; raises `RunUnfinished` or `RecipeInvalid`."""
    try:
        return parse_recipe((run / RECIPE).read_text(), RECIPE)
    except (OSError, UnicodeDecodeError) as error:
        raise RunUnfinished(f"The recipe of run {run.name!r} can't be read.") from error


def read_test(path: Path) -> Examples:
    """Read what `write_test` wrote; raises `RunUnfinished`."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return Examples(np.asarray(arrays["features"], np.float32), np.asarray(arrays["targets"], np.int64))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RunUnfinished(f"The test rows of run {path.parent.name!r} can't be read.") from error
