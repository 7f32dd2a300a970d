"""Raw rows and features of tables in folders of their own."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from training.data.features import FEATURES_RECORD
from training.errors import DataDamaged, DataInvalid, DataUnknown
from training.settings import TrainingSettings
from training.tables.data.held import hold_rows
from training.tables.data.loading import hold_data, load_data
from training.tables.data.source import ArrowSource
from training.tables.data.table_features import read_table, write_table
from training.tables.dataset import TableData
from training.tables.errors import RowsInvalid
from training.tables.recipe import Recipe
from training.tables.recipes import parse_recipe

RECIPE = """
model: loans
origin: {{kind: file, path: {path}}}
target: {{column: paid, labels: {{"no": bad, "yes": good}}}}
id: {id}
columns:
  - {{name: amount, type: float, minimum: 0, maximum: 1.0e6, missing: nan}}
  - {{name: purpose, type: category, allowed: [car, house], unknown: other, missing: nan}}
  - {{name: owner, type: bool}}
estimator: {{kind: logistic_regression}}
"""
SETTINGS = TrainingSettings(_env_file=None)
QUIET = Console(file=io.StringIO())


@pytest.fixture
def table(tmp_path: Path) -> Path:
    chance = np.random.default_rng(0)
    lines = ["number,amount,purpose,owner,paid"]
    for number in range(80):
        amount = "" if number % 9 == 0 else f"{chance.uniform(0, 1e5):.3f}"
        purpose = ("car", "house", "boat", "")[number % 4]
        lines.append(
            f"n{number},{amount},{purpose},{'true' if number % 3 else 'false'},{'yes' if number % 2 else 'no'}"
        )
    (tmp_path / "loans.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "loans.csv"


@pytest.fixture
def recipe(table: Path) -> Recipe:
    return parse_recipe(RECIPE.format(path=table, id="number"), "loans.yaml")


@pytest.fixture
def data(recipe: Recipe) -> TableData:
    return load_data(recipe, SETTINGS, QUIET)


def test_held_rows_give_the_same_data_as_their_origin(recipe: Recipe, data: TableData, tmp_path: Path) -> None:
    assert hold_data(recipe, tmp_path / "held", SETTINGS, QUIET) == 80
    found = load_data(recipe, SETTINGS, QUIET, held=tmp_path / "held")
    assert (found.source, found.digests()) == (data.source, data.digests())


def test_rows_that_were_not_held_are_said(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(DataUnknown, match="trireme data fetch"):
        load_data(recipe, SETTINGS, QUIET, held=tmp_path)


def test_a_broken_row_is_not_held(recipe: Recipe, table: Path, tmp_path: Path) -> None:
    table.write_text(table.read_text() + "n80,1\n")
    with pytest.raises(RowsInvalid, match="Row 81 "):
        hold_data(recipe, tmp_path / "held", SETTINGS, QUIET)
    assert not list((tmp_path / "held").iterdir())


def test_an_empty_table_is_not_held(tmp_path: Path) -> None:
    source = ArrowSource("the loans", pa.table({"amount": pa.array([], pa.float64())}))
    with pytest.raises(RowsInvalid, match="no row in the loans"):
        hold_rows(source, tmp_path / "held", QUIET)


@pytest.mark.parametrize("id_column", ["number", "null"])
def test_features_are_read_as_they_were_written(table: Path, tmp_path: Path, id_column: str) -> None:
    recipe = parse_recipe(RECIPE.format(path=table, id=id_column), "loans.yaml")
    data = load_data(recipe, SETTINGS, QUIET)
    write_table(data, recipe, tmp_path / "features")
    found = read_table(tmp_path / "features", recipe)
    assert (found.source, found.schema, found.labels) == (data.source, data.schema, data.labels)
    assert found.digests() == data.digests()
    assert np.array_equal(found.train.features, data.train.features, equal_nan=True)


def test_features_of_another_recipe_are_refused(recipe: Recipe, data: TableData, tmp_path: Path) -> None:
    write_table(data, recipe, tmp_path / "features")
    other = recipe.model_copy(update={"columns": recipe.columns[:2]})
    with pytest.raises(DataInvalid, match="another recipe"):
        read_table(tmp_path / "features", other)


def test_changed_features_are_refused(recipe: Recipe, data: TableData, tmp_path: Path) -> None:
    write_table(data, recipe, tmp_path / "features")
    (tmp_path / "features" / "test.parquet").replace(tmp_path / "features" / "train.parquet")
    (tmp_path / "features" / "test.parquet").write_bytes((tmp_path / "features" / "train.parquet").read_bytes())
    with pytest.raises(DataDamaged, match="differ from their record"):
        read_table(tmp_path / "features", recipe)


@pytest.mark.parametrize(("name", "content"), [("train.parquet", "no Parquet"), (FEATURES_RECORD, "{")])
def test_damaged_features_are_said(recipe: Recipe, data: TableData, tmp_path: Path, name: str, content: str) -> None:
    write_table(data, recipe, tmp_path / "features")
    (tmp_path / "features" / name).write_text(content)
    with pytest.raises(DataDamaged, match="make them anew"):
        read_table(tmp_path / "features", recipe)
