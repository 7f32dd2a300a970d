"""Which recipe, and with it which rows, a table model is retrained on."""

from pathlib import Path

from contract.card import VersionCard
from training.errors import RunUnfinished, RunUnknown
from training.evaluating.errors import NoTestSet
from training.run_store import RunStore
from training.tables.dataset import TableData
from training.tables.errors import RecipeUnknown
from training.tables.recipe import Recipe
from training.tables.recipes import load_recipe
from training.tables.run import read_recipe


def base_recipe(model: str, base: str | None, run: str | None, runs_dir: Path) -> Recipe:
    """The recipe that is named; else that of a version's run; else the shipped one of the model's name.

    Raises `RecipeUnknown` or `RecipeInvalid`.
    """
    if base is not None:
        return _of(model, load_recipe(base))
    try:
        return _of(model, read_recipe(RunStore(runs_dir).folder(run or "")))
    except (RunUnknown, RunUnfinished):
        pass
    try:
        return _of(model, load_recipe(model))
    except RecipeUnknown:
        raise RecipeUnknown(
            f"The run of {model}'s stable version isn't here, and no shipped recipe has its name; name a recipe as the "
            "model's base in the retrain policies."
        ) from None


def _of(model: str, recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"model": model})


def with_seed(recipe: Recipe, seed: int | None) -> Recipe:
    """The recipe learning by another seed; the split stays as it was."""
    if seed is None:
        return recipe
    drawn = recipe.seed if recipe.splits.seed is None else recipe.splits.seed
    splits = recipe.splits.model_copy(update={"seed": drawn})
    return recipe.model_copy(update={"seed": seed, "splits": splits})


def is_untouched(data: TableData, card: VersionCard) -> bool:
    """Whether the test rows are those that a version was measured on."""
    digest = data.test.digest(data.schema.id)
    return data.labels == card.output.labels and card.lineage.data.get("test", digest) == digest


def check_untouched(data: TableData, card: VersionCard) -> None:
    """Raise `NoTestSet` unless the test rows are those that a version was measured on."""
    if not is_untouched(data, card):
        raise NoTestSet(f"The test rows of {card.name} can't be had any more: the data have changed since.")
