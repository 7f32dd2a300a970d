"""What is under the uploaded rows: the recipe that is named, or the version's own, or the shipped one."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from contract.jobs.documents import Progress
from tests.support import mixed_table
from tests.support.credit_table import write_recipe
from training.settings import TrainingSettings
from training.steps import Steps
from training.tables.data.loading import load_data
from training.tables.errors import RecipeUnknown
from training.tables.learning import learn
from training.tables.recipe import Recipe
from training.tables.recipes import load_recipe, recipe_text
from training.tables.retraining.base import base_recipe, with_seed
from training.tables.retraining.steps import WatchedSteps

RUN = "20260101-000000-abcdef"
CONSOLE = Console(file=io.StringIO())


def test_the_named_recipe_comes_first_then_the_run_s_then_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / RUN).mkdir()
    (tmp_path / RUN / "recipe.yaml").write_text(recipe_text(mixed_table.recipe(seed=5)))
    named = write_recipe(tmp_path)
    assert base_recipe("loans", str(named), RUN, tmp_path).id == "loan"
    assert base_recipe("mixed", None, RUN, tmp_path).seed == 5
    assert base_recipe("german-credit", None, "elsewhere", tmp_path) == load_recipe("german-credit")
    assert base_recipe("renamed", "german-credit", None, tmp_path).model == "renamed"
    with pytest.raises(RecipeUnknown, match="retrain policies"):
        base_recipe("loans", None, "../loans", tmp_path)


def test_another_seed_leaves_the_split_as_it_was(tmp_path: Path) -> None:
    recipe = load_recipe(write_recipe(tmp_path, {"splits": {"test": 0.2}, "seed": 3}))
    settings = TrainingSettings(_env_file=None, cache_dir=tmp_path)
    first = with_seed(recipe, 4)
    again = with_seed(first, 5)
    assert (again.seed, again.splits.seed, with_seed(recipe, None)) == (5, 3, recipe)
    digests = [load_data(one, settings, CONSOLE).digests() for one in (recipe, first, again)]
    assert digests[0] == digests[1] == digests[2]
    assert load_data(recipe.model_copy(update={"seed": 4}), settings, CONSOLE).digests() != digests[0]


def search() -> Recipe:
    space = {"kind": "grid", "space": {"C": [0.1, 1.0]}}
    return mixed_table.recipe(search=space)


def test_progress_counts_the_search_s_tries_and_an_end_between_them_stops_it() -> None:
    told: list[Progress] = []

    def learning(report: object) -> None:
        recipe = search()
        settings = TrainingSettings(_env_file=None, threads=1)

        def show(console: Console) -> Steps:
            return WatchedSteps(console, recipe, report)  # type: ignore[arg-type]

        learn(recipe, mixed_table.data(), settings, CONSOLE, show)

    learning(told.append)
    assert [(one.step, one.steps) for one in told[:8]] == [
        (0, 2),
        (0, 2),
        (0, 2),
        (1, 2),
        (1, 2),
        (1, 2),
        (2, 2),
        (2, 2),
    ]
    assert {one.step for one in told[8:]} == {2}

    def stop(progress: Progress) -> None:
        if progress.step == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learning(stop)
