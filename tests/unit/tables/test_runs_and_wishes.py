"""A table run's folder appears whole or not at all, and a user's wishes change a recipe."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from typer.testing import CliRunner

from tests.support.credit_table import RECIPE
from training.cli import train
from training.errors import RequestInvalid, RunUnfinished
from training.run_store import RunStore
from training.runs import kind_of
from training.tables.cli import Wishes
from training.tables.dataset import TableSplit
from training.tables.errors import RecipeUnfit
from training.tables.recipe import Recipe
from training.tables.recipes import load_recipe, parse_recipe, recipe_text, shipped_recipes
from training.tables.run import fresh_run, read_test, write_test


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_fails_or_is_interrupted_leaves_nothing(tmp_path: Path, failure: type[BaseException]) -> None:
    def fail() -> None:
        with fresh_run(RunStore(tmp_path)) as folder:
            (folder / "model.onnx").write_bytes(b"half")
            raise failure

    with pytest.raises(failure):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    features = np.array([[1, np.nan]], np.float32)
    write_test(TableSplit(features, np.array([1]), pa.table({})), tmp_path / "test.npz")
    examples = read_test(tmp_path / "test.npz")
    np.testing.assert_array_equal(examples.tensors, features)
    assert examples.labels.tolist() == [1]
    (tmp_path / "test.npz").write_bytes(b"\x80\x04.")
    with pytest.raises(RunUnfinished):
        read_test(tmp_path / "test.npz")


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"input": {"kind": "sound"}}'])
def test_a_folder_without_a_record_is_no_run(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(RunUnfinished):
        kind_of(tmp_path)


def recipe() -> Recipe:
    return parse_recipe(yaml.safe_dump(RECIPE), "loans.yaml")


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_recipe_is_written_as_it_is_read(name: str) -> None:
    original = load_recipe(name)
    assert parse_recipe(recipe_text(original), "again.yaml") == original


def test_wishes_take_the_place_of_what_the_recipe_says() -> None:
    space = {"num_leaves": [4, 8]}
    searching = parse_recipe(yaml.safe_dump({**RECIPE, "search": {"kind": "grid", "space": space}}), "loans.yaml")
    changed = Wishes(seed=7, search="random", trials=3).apply(searching)
    assert (changed.seed, changed.search.kind, changed.search.trials) == (7, "random", 3)
    assert Wishes().apply(searching) == searching
    assert Wishes(search="none").apply(searching).search.space == {}


def invoke(*arguments: str) -> None:
    CliRunner().invoke(train, arguments, catch_exceptions=False)


def test_a_recipe_that_does_not_fit_is_refused_before_its_data_are_read(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(yaml.safe_dump({**RECIPE, "search": {"kind": "grid"}}))
    with pytest.raises(RecipeUnfit, match="A search has a space"):
        invoke(str(tmp_path / "r.yaml"))


def test_options_of_the_other_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestInvalid, match="--epochs is for pictures, and 'german-credit' is a recipe"):
        invoke("german-credit", "--epochs", "3")
    with pytest.raises(RequestInvalid, match="--trials is for tables, and 'cifar10' is a model of pictures"):
        invoke("cifar10", "--trials", "3")
