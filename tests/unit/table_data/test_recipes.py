import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.wheel import build_wheel
from training.tables import yaml_text
from training.tables.errors import RecipeInvalid, RecipeUnknown
from training.tables.origins import FileOrigin
from training.tables.recipes import MAX_BYTES, SHIPPED, load_recipe, names_recipe, parse_recipe, shipped_recipes

GOOD = """model: loans
origin: {kind: file, path: rows.csv}
target: {column: y, labels: {"0": no, "1": yes}}
columns:
  - {name: age, type: int, minimum: 18, maximum: 100}
  - {name: job, type: category, allowed: [no, on, 'null', '7', 1e, "1e5"]}
estimator: {kind: lightgbm, parameters: {learning_rate: 5e-2, n_estimators: 10}}
"""


@pytest.mark.parametrize("name", shipped_recipes())
def test_each_shipped_recipe_is_valid_and_named_after_its_model(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.model == name
    assert recipe.description
    assert names_recipe(name)


def test_the_wheel_holds_the_recipes(tmp_path: Path) -> None:
    names = zipfile.ZipFile(build_wheel(tmp_path, "contract", "training")).namelist()
    assert {f"training/recipes/{path.name}" for path in SHIPPED.glob("*.yaml")} <= set(names)


def test_a_file_s_path_is_relative_to_its_recipe(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(GOOD)
    origin = load_recipe(tmp_path / "r.yaml").origin
    assert isinstance(origin, FileOrigin)
    assert origin.path == tmp_path / "rows.csv"


def test_plain_words_are_texts_and_numbers_are_numbers() -> None:
    recipe = parse_recipe(GOOD, "r.yaml")
    assert recipe.columns[1].allowed == ("no", "on", "null", "7", "1e", "1e5")
    assert recipe.target.labels == {"0": "no", "1": "yes"}
    assert recipe.estimator.parameters == {"learning_rate": 0.05, "n_estimators": 10}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("columns:", "colums:", "r.yaml, line 4: colums: there is no such key here; did you mean 'columns'?"),
        ("maximum", "maxmum", "line 5: columns.0.maxmum: there is no such key here; did you mean 'maximum'?"),
        ("type: int,", "", "line 5: columns.0.type: this key is missing."),
        ("type: int", "type: integer", "columns.0.type: input should be 'float', 'int', 'bool' or 'category'"),
        ("'7'", "7", "line 6: columns.1.allowed.3: this should be a text; put it in quotes"),
        ("minimum: 18", "minimum: 180", "line 5: columns.0: the minimum is above the maximum."),
        ("path:", "pth:", "line 2: origin.pth: there is no such key here; did you mean 'path'? (and 1 more)"),
        (", path: rows.csv", "", "line 2: origin.path: this key is missing."),
        ("kind: file", "kind: fiel", "line 2: origin: input tag 'fiel' found"),
        ("lightgbm", "xgboost", "line 7: estimator.kind: input should be"),
        ('"1": yes', '"1": no', "line 3: target: two values have one label."),
        ("name: job", "name: age", "the recipe: the column 'age' stands twice"),
        ("name: job", "name: y", "the recipe: the column 'y' stands twice"),
        ("model: loans", "model: loans\nmodel: x", "line 2, is no YAML that can be read: the key 'model' stands here"),
        ("model: loans", "model: &a loans\ndescription: *a", "anchors and aliases are not allowed"),
        ("model: loans", "model: !!python/name:os.system loans", "is no YAML that can be read"),
        ("model: loans", "model: [loans", "is no YAML that can be read"),
        ("model: loans", "model: " + "[" * 5000, "nested too deep"),
        ("model: loans", "model: \x07", "is no YAML that can be read: "),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_its_place(old: str, new: str, sentence: str) -> None:
    with pytest.raises(RecipeInvalid) as raised:
        parse_recipe(GOOD.replace(old, new, 1), "r.yaml")
    assert sentence in str(raised.value)
    assert str(raised.value).startswith("r.yaml")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "just a text", "- a\n- b", "null"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(RecipeInvalid, match=r"r\.yaml"):
        parse_recipe(text, "r.yaml")


def test_a_name_that_is_nearly_right_is_guessed() -> None:
    with pytest.raises(RecipeUnknown, match="did you mean german-credit"):
        load_recipe("german-credits")
    with pytest.raises(RecipeUnknown, match=r"nothing\.yaml"):
        load_recipe("nothing.yaml")


def test_a_file_that_is_too_large_or_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(RecipeInvalid, match="larger than 4 MiB"):
        load_recipe(path)
    path.write_bytes(b"model: \xff")
    with pytest.raises(RecipeInvalid, match="not UTF-8"):
        load_recipe(path)


@given(
    st.recursive(st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False), st.lists)
)
def test_what_is_written_on_one_line_is_read_as_it_was(value: object) -> None:
    text = yaml_text.flow({"value": value})
    assert len(text.splitlines()) == 1
    assert yaml_text.read(text)[0] == {"value": value}
