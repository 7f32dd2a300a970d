"""What trackers are told of a recipe and its search."""

from collections.abc import Iterator

import numpy as np

from training.tables.learned import Learned
from training.tables.lineage import planned_parameters
from training.tables.recipe import Recipe
from training.tracking.notes import Point, Run


def run_of_recipe(run: str, recipe: Recipe) -> Run:
    """A run that is about to follow a recipe; what only the data tell comes at its end."""
    return Run(id=run, model=recipe.model, parameters=planned_parameters(recipe), tags={})


def tries_of(learned: Learned, metric: str) -> Iterator[Point]:
    """The tries of the search, each with the mean and the deviation of its cross-validation."""
    for number, trial in enumerate(learned.trials, start=1):
        figures = {f"cv_{metric}": float(np.mean(trial.scores)), f"cv_{metric}_deviation": float(np.std(trial.scores))}
        yield Point(number=number, metrics={**figures, "seconds": trial.seconds})
