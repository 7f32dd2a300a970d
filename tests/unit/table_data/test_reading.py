import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from rich.console import Console

from contract.table import Encoder
from training.errors import DataInvalid
from training.settings import TrainingSettings
from training.tables.data.loading import load_data
from training.tables.data.splitting import split_by_column, split_by_share
from training.tables.dataset import TableData
from training.tables.errors import ColumnsUnfit, RecipeInvalid, RowsInvalid
from training.tables.recipes import load_recipe, parse_recipe

RECIPE = """
model: small
origin: {kind: file, path: %s}
target: {column: y, labels: {'0': bad, '1': good}}
id: key
columns:
  - {name: age, type: int, minimum: 0, maximum: 120, missing: nan}
  - {name: rate, type: float}
  - {name: member, type: bool, missing: nan}
  - {name: job, type: category, allowed: [none, NA, cook], unknown: other, missing: nan}
estimator: {kind: random_forest}
splits: {test: 0.25%s}
"""
HEADER = "extra,key,y,age,rate,member,job\n"


def line(number: int) -> str:
    age = "" if number % 4 == 0 else str(20 + number % 60)
    member, job = (("true", "none"), ("", "NA"), ("FALSE", "x"))[number % 3]
    return f"x,k{number},{number % 2},{age},{number / 10:.1f},{member},{job}\n"


def load(path: Path, more: str = "", console: Console | None = None) -> TableData:
    recipe = parse_recipe(RECIPE % (path, more), "r.yaml")
    return load_data(recipe, TrainingSettings(), console or Console(file=io.StringIO()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "rows.csv"
    file.write_text(HEADER + "".join(map(line, range(400))))
    return file


def test_rows_are_encoded_split_and_kept_as_users_send_them(path: Path) -> None:
    found = load(path)
    assert found.counts() == {"train": {"bad": 150, "good": 150}, "test": {"bad": 50, "good": 50}}
    for _, split in found.splits():
        sent = Encoder(found.schema).rows(split.rows.to_pylist())
        assert not sent.problems
        np.testing.assert_array_equal(sent.features, split.features)
        assert [int(row["key"][1:]) % 2 for row in split.rows.to_pylist()] == split.targets.tolist()
    assert np.isnan(found.train.features).any()


def test_no_row_is_in_two_splits_and_none_is_lost(path: Path) -> None:
    found = load(path, ", validation: 0.1")
    keys = [key for _, split in found.splits() for key in split.rows["key"].to_pylist()]
    assert sorted(keys) == sorted(f"k{number}" for number in range(400))


def test_the_digests_tell_data_apart_and_a_seed_gives_one_split(path: Path) -> None:
    first, again = load(path).digests(), load(path).digests()
    assert first == again
    path.write_text(path.read_text().replace("k7,", "k7b,"))
    changed = load(path).digests()
    assert changed != first


def test_parquet_and_csv_give_the_same_data(path: Path, tmp_path: Path) -> None:
    found = load(path)
    rows = [dict(zip(HEADER.strip().split(","), line(number).strip().split(","), strict=True)) for number in range(400)]
    table = pa.table(
        {
            "key": [row["key"] for row in rows],
            "y": [float(row["y"]) for row in rows],
            "age": [float(row["age"]) if row["age"] else None for row in rows],
            "rate": pa.array([float(row["rate"]) for row in rows], pa.float64()),
            "member": [{"true": True, "FALSE": False}.get(row["member"]) for row in rows],
            "job": pa.array([row["job"] for row in rows]).dictionary_encode(),
        }
    )
    parquet.write_table(table, tmp_path / "rows.parquet")
    other = load(tmp_path / "rows.parquet")
    assert other.digests() == found.digests()
    assert other.train.rows == found.train.rows


def test_every_bad_value_is_reported_with_its_row_and_nothing_is_learned(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    lines[1] = "x,k0,0,200,0.5,true,none\n"
    lines[2] = "x,k1,2,30,,true,none\n"
    lines[3] = "too,short\n"
    lines[4] = "x,k1,1,3.5,inf,maybe,none\n"
    lines[5] = "x,,1,30,0,true,none\n"
    path.write_text("".join(lines))
    out = io.StringIO()
    with pytest.raises(RowsInvalid, match=r"9 values of the file rows\.csv .*Mend them"):
        load(path, console=Console(file=out, width=120))
    shown = [
        [cell.strip() for cell in row.strip("│┃ ").split("│")] for row in out.getvalue().splitlines() if "│" in row
    ]
    assert sorted(shown) == sorted(
        [
            ["1", "age", "number", "out of range"],
            ["2", "y", "number", "none of the allowed values"],
            ["2", "rate", "missing", "missing"],
            ["3", "", "other", "a row with too few or too many values"],
            ["4", "age", "number", "of another type"],
            ["4", "rate", "infinity", "infinite"],
            ["4", "member", "text", "of another type"],
            ["4", "key", "text", "an id that was there before"],
            ["5", "key", "missing", "missing"],
        ]
    )


def test_a_missing_column_is_named_with_what_may_be_meant(path: Path) -> None:
    path.write_text(path.read_text().replace("member", "membr", 1))
    with pytest.raises(ColumnsUnfit, match=r"The file rows\.csv lacks the column 'member'; did you mean 'membr'"):
        load(path)


def test_a_column_may_say_the_split(path: Path) -> None:
    text = path.read_text().splitlines()
    names = ["train", "test", "validation"]
    path.write_text("\n".join([f"{text[0]},part", *(f"{row},{names[n % 3]}" for n, row in enumerate(text[1:]))]))
    found = load(path, ", column: part")
    assert [len(split) for _, split in found.splits()] == [134, 133, 133]
    path.write_text(path.read_text().replace("validation", "valid"))
    with pytest.raises(DataInvalid, match="'part' says in row 3 none of"):
        load(path, ", column: part")


def test_integers_stay_integers_as_ids_and_nothing_else_is_a_crash(path: Path, tmp_path: Path) -> None:
    columns: dict[str, list[object]] = {
        "y": ["0", "1"] * 8,
        "age": [None] * 16,
        "rate": [0.5] * 16,
        "member": [True] * 16,
        "job": ["none"] * 16,
    }
    table = pa.table({"key": list(range(16)), **columns})
    parquet.write_table(table, tmp_path / "rows.parquet")
    assert load(tmp_path / "rows.parquet").test.rows["key"].type == pa.int64()
    columns["age"] = [1e20] * 16
    beyond = RECIPE.replace("minimum: 0, maximum: 120, ", "") % (tmp_path / "rows.parquet", "")
    parquet.write_table(pa.table({**columns, "key": list(range(16))}), tmp_path / "rows.parquet")
    with pytest.raises(RowsInvalid, match=r"age: out of range \(16\)"):
        load_data(parse_recipe(beyond, "r.yaml"), TrainingSettings(), Console(file=io.StringIO()))
    columns["age"] = [None] * 16
    parquet.write_table(pa.table({**columns, "key": list(range(16)), "rate": [[0.5]] * 16}), tmp_path / "rows.parquet")
    with pytest.raises(RowsInvalid, match=r"16 values .* rate: of another type \(16\)"):
        load(tmp_path / "rows.parquet")


def test_sql_features_need_raw_tables(path: Path) -> None:
    sql = "\nsql: {tables: [{name: a, columns: [{name: b, type: int}]}], steps: [{name: c, select: SELECT 1}]}"
    with pytest.raises(RecipeInvalid, match="need raw tables"):
        load_data(parse_recipe(RECIPE % (path, "") + sql, "r"), TrainingSettings(), Console(file=io.StringIO()))


def test_the_breast_cancer_recipe_has_data() -> None:
    found = load_data(load_recipe("breast-cancer"), TrainingSettings(), Console(file=io.StringIO()))
    assert sum(len(split) for _, split in found.splits()) == 569
    assert found.train.features.shape[1] == 30
    assert not np.isnan(found.train.features).any()


@given(
    st.lists(st.integers(0, 2), min_size=60, max_size=300),
    st.floats(0.05, 0.4),
    st.sampled_from([0.0, 0.1, 0.3]),
    st.integers(0, 9),
)
def test_splits_are_stratified_disjoint_and_whole(labels: list[int], test: float, validation: float, seed: int) -> None:
    targets = np.array([*labels, *[0, 1, 2] * 10], np.int64)
    splits = split_by_share(targets, "abc", test=test, validation=validation, seed=seed)
    assert sorted(np.concatenate(list(splits.values())).tolist()) == list(range(len(targets)))
    for number in range(3):
        own = int((targets == number).sum())
        assert (targets[splits["test"]] == number).sum() == max(1, round(test * own))
        assert (targets[splits["validation"]] == number).sum() == (max(1, round(validation * own)) if validation else 0)


def test_splits_that_cannot_be_are_refused() -> None:
    with pytest.raises(DataInvalid, match="The label 'b' has 1 rows"):
        split_by_share(np.array([0, 0, 0, 1]), "ab", test=0.2, validation=0.0, seed=0)
    with pytest.raises(DataInvalid, match="'test' has no rows"):
        split_by_share(np.array([0, 0, 1, 1]), "ab", test=0.0, validation=0.0, seed=0)
    with pytest.raises(DataInvalid, match="'test' has no rows"):
        split_by_column(["train", "train"], "part")
