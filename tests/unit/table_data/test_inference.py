import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from rich.console import Console
from typer.testing import CliRunner

from contract.errors import TriremeError
from contract.names import check_model_name
from training.data.cli import data
from training.settings import TrainingSettings
from training.tables.data.draft import model_name
from training.tables.data.loading import load_data
from training.tables.recipes import load_recipe, parse_recipe

JOBS = ["no", "on", "'quoted' # text", "7"]


def table(rows: int = 200) -> pa.Table:
    numbers = range(rows)
    return pa.table(
        {
            "customer_id": [f"c{n}" for n in numbers],
            "approved": [n % 3 == 0 for n in numbers],
            "age": [None if n % 7 == 0 else 20 + n % 50 for n in numbers],
            "rate": [n / 8 for n in numbers],
            "member": [n % 2 for n in numbers],
            "job": [JOBS[n % 4] for n in numbers],
            "note: free": [f"note {n}" for n in numbers],
            "since": pa.array(list(numbers), pa.date32()),
            "same": ["x"] * rows,
            "nothing": pa.nulls(rows),
        }
    )


def as_csv(path: Path, rows: pa.Table) -> Path:
    pa.csv.write_csv(rows, path)
    return path


@pytest.fixture(params=["csv", "parquet"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"Loans 2024.{request.param}"
    if request.param == "csv":
        return as_csv(path, table())
    parquet.write_table(table(), path)
    return path


def infer(*arguments: object) -> str:
    result = CliRunner().invoke(data, ["infer", *map(str, arguments)])
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_a_draft_has_each_column_s_rules_and_says_what_it_leaves_out(file: Path) -> None:
    text = infer(file, "--target", "approved")
    recipe = parse_recipe(text, "draft.yaml")
    assert (recipe.model, recipe.id) == ("loans-2024", "customer_id")
    assert recipe.target.labels == {"false": "false", "true": "true"}
    columns = {column.name: column for column in recipe.columns}
    assert list(columns) == ["age", "rate", "member", "job"]
    assert (columns["age"].type, columns["age"].minimum, columns["age"].maximum) == ("int", 20, 69)
    assert (columns["age"].missing, columns["rate"].missing) == ("nan", "error")
    assert (columns["rate"].type, columns["rate"].maximum) == ("float", 24.875)
    assert columns["member"].type == "bool"
    assert columns["job"].allowed == tuple(sorted(JOBS))
    assert "# 50 distinct, 29 missing" in text
    for left_out in (
        "'note: free': text with 200 distinct, more than --max-categories 100",
        "since: dates",
        "same: one value in all rows",
        "nothing: no values",
    ):
        assert f"  # left out: {left_out}" in text


def test_a_draft_can_be_trained_on_at_once(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "draft.yaml"
    infer(file, "--target", "approved", "--out", out)
    found = load_data(load_recipe(out), TrainingSettings(), Console(file=io.StringIO()))
    assert found.counts()["train"] == {"false": 106, "true": 54}


def test_a_draft_that_was_reviewed_is_not_overwritten(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "draft.yaml"
    out.write_text("mine")
    with pytest.raises(TriremeError, match="exists already"):
        infer(file, "--target", "approved", "--out", out)
    assert out.read_text() == "mine"


def test_without_a_target_the_draft_says_what_to_do(file: Path) -> None:
    text = infer(file)
    assert "# Which column is to be predicted? Name it with --target" in text
    with pytest.raises(TriremeError, match="target: this key is missing"):
        parse_recipe(text, "draft.yaml")


def test_values_of_another_type_are_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("y,a\n" + "".join(f"{n % 2},{n}\n" for n in range(100)) + "1,oops\n")
    text = infer(path, "--target", "y")
    assert "- {name: a, type: int, minimum: 0, maximum: 99}  # 101 distinct, 1 values are of another type" in text


def test_many_rows_are_for_lightgbm_and_many_labels_need_no_decision(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("y,a\n" + "".join(f"{n % 3}, {n}\n" for n in range(6000)))
    recipe = parse_recipe(infer(path, "--target", "y"), "draft.yaml")
    assert recipe.estimator.kind == "lightgbm"
    assert recipe.decision is None
    assert list(recipe.target.labels) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ("a,b\n", [], "no row"),
        ("a,b\n1,2\n2,3\n", ["--target", "c"], "lacks the column 'c'"),
        ("a,b\n1,2\n1,3\n", ["--target", "a"], "has 1 different values"),
        ("a,b\n1,2\n1,3,4\n", [], "Row 2 of the file t.csv has too few or too many values"),
        ("a\nx\nx\n", [], "No column of the file t.csv can be a feature"),
        ("a;b\n1;2\n", [], "separated by a semicolon"),
    ],
)
def test_what_no_recipe_can_be_made_of_is_one_sentence(
    tmp_path: Path, content: str, options: list[str], sentence: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    with pytest.raises(TriremeError, match=sentence):
        infer(path, *options)


def test_another_delimiter_is_in_the_draft(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("y;a\n" + "".join(f"{n % 2};{n}\n" for n in range(40)))
    out = tmp_path / "draft.yaml"
    infer(path, "--target", "y", "--delimiter", ";", "--out", out)
    found = load_data(load_recipe(out), TrainingSettings(), Console(file=io.StringIO()))
    assert len(found.train) == 32


@pytest.mark.parametrize("text", ["Loans 2024", "ÄÖ", "x-v3", "9 lives", "a" * 60 + "-b", "--"])
def test_any_file_s_name_gives_a_model_s_name(text: str) -> None:
    check_model_name(model_name(text))


def test_a_recipe_s_data_are_shown() -> None:
    found = json.loads(CliRunner().invoke(data, ["show", "breast-cancer", "--json"]).stdout)
    assert found["counts"]["train"] == {"benign": 286, "malignant": 170}
    assert set(found["digests"]) == {"train", "test"}


def test_the_recipes_are_listed() -> None:
    found = json.loads(CliRunner().invoke(data, ["recipes", "--json"]).stdout)
    assert {"german-credit", "breast-cancer"} <= set(found)
