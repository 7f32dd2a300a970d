"""Where a table model comes from."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from contract.card import Lineage
from training.hardware import read_hardware
from training.lineage import code_version, library_versions
from training.tables.dataset import TableData
from training.tables.learned import Learned
from training.tables.recipe import Recipe

LIBRARIES = ("numpy", "scikit-learn", "lightgbm", "optuna", "onnx", "duckdb", "pyarrow")
DECIDING = {"splits", "preprocessing", "search", "cross_validation", "calibration", "decision", "seed"}
"""What of a recipe decides the outcome, beside the estimator and the data."""


@dataclass(frozen=True)
class Retrain:
    """The job that a run is part of, and the batches of uploaded rows in its training split."""

    job: str
    batches: tuple[str, ...] = ()


def make_lineage(
    run: str, recipe: Recipe, data: TableData, learned: Learned, retrain: Retrain | None = None
) -> Lineage:
    """The lineage of a run that followed `recipe`."""
    return Lineage.model_validate(
        {
            "data": data.digests(),
            "source": data.source,
            "code": code_version(Path(__file__).parents[1]),
            "libraries": library_versions(known=LIBRARIES),
            "machine": str(read_hardware()),
            "run": run,
            "job": retrain and retrain.job,
            "batches": retrain.batches if retrain else (),
            "parameters": {**planned_parameters(recipe), "parameters": learned.parameters},
        }
    )


def planned_parameters(recipe: Recipe) -> dict[str, JsonValue]:
    """What decides the outcome, as far as the recipe says it: all but the estimator's own parameters."""
    followed = recipe.model_dump(mode="json", include=DECIDING)
    estimator = recipe.estimator.model_dump(mode="json", exclude={"kind", "parameters"})
    return {"estimator": recipe.estimator.kind, **estimator, **followed}
