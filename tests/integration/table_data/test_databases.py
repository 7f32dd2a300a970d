"""Files into real databases and back."""

import datetime as dt
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from pyarrow import parquet
from rich.console import Console
from typer.testing import CliRunner

from contract.errors import TriremeError
from training.data.cli import data
from training.settings import TrainingSettings
from training.tables.data.databases import connect, database_url
from training.tables.data.loading import load_data
from training.tables.data.sql_query import SqlQuery
from training.tables.errors import ColumnsUnfit, DatabaseFailed, DatabaseTableExists, RowsInvalid
from training.tables.origins import SqlOrigin
from training.tables.recipes import parse_recipe

CSV = """id,"the ""name\""",select,amount,member,since,code
1,Ann,a,1.5,true,2024-01-31,01067
2,,b,,false,,99
3,"line
two, with comma",,-2e3,,2024-02-29,
"""
ROWS = [
    (1, "Ann", "a", 1.5, True, dt.date(2024, 1, 31), "01067"),
    (2, None, "b", None, False, None, "99"),
    (3, "line\ntwo, with comma", None, -2000.0, None, dt.date(2024, 2, 29), None),
]


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/base.db"
    found: str = request.getfixturevalue("postgres")
    return found


@pytest.fixture
def table(url: str) -> str:
    name = 'My "table" of %s'
    with connect(database_url(url)).begin() as connection:
        sa.Table(name, sa.MetaData()).drop(connection, checkfirst=True)
    return name


def run(*arguments: object) -> str:
    result = CliRunner().invoke(data, [str(argument) for argument in arguments])
    if result.exception is not None:
        raise result.exception
    return result.stdout


def load(file: Path, url: str, table: str, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("load", file, "--to", url, "--table", table, "--json", *options))
    return found


def content(url: str, table: str) -> list[tuple[object, ...]]:
    with connect(database_url(url)).connect() as connection:
        found = sa.Table(table, sa.MetaData(), autoload_with=connection)
        return [tuple(row) for row in connection.execute(sa.select(found).order_by(found.c.id))]


def has(url: str, table: str) -> bool:
    return sa.inspect(connect(database_url(url))).has_table(table)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(CSV)
    return path


def test_a_file_becomes_a_table_with_the_types_of_its_values(file: Path, url: str, table: str) -> None:
    done = load(file, url, table)
    assert content(url, table) == ROWS
    assert (done["rows"], done["left_out"], done["loaded"]) == (3, 0, True)
    kinds = ["int", "text", "text", "float", "bool", "date", "text"]
    assert list(done["columns"].values()) == kinds


def test_a_parquet_file_is_loaded_too(tmp_path: Path, url: str, table: str) -> None:
    moment = dt.datetime(2024, 5, 1, 12, 30)  # noqa: DTZ001  as in a file without zones
    rows = pa.table({"id": [1, 2], "at": [moment, None], "kind": pa.array(["a", "b"]).dictionary_encode()})
    parquet.write_table(rows, tmp_path / "t.parquet")
    load(tmp_path / "t.parquet", url, table)
    assert content(url, table) == [(1, moment, "a"), (2, None, "b")]


def test_a_table_that_exists_is_kept_appended_to_or_replaced(file: Path, url: str, table: str) -> None:
    load(file, url, table)
    with pytest.raises(DatabaseTableExists):
        load(file, url, table)
    assert content(url, table) == ROWS
    load(file, url, table, "--if-exists", "append")
    assert len(content(url, table)) == 6
    load(file, url, table, "--if-exists", "replace")
    assert content(url, table) == ROWS


def test_nothing_is_appended_where_columns_lack(file: Path, url: str, table: str) -> None:
    load(file, url, table)
    file.write_text("id,extra\n1,2\n")
    with pytest.raises(ColumnsUnfit, match="no column 'extra'"):
        load(file, url, table, "--if-exists", "append")


def bad_file(tmp_path: Path) -> Path:
    lines = [f"{number},{number / 4}" for number in range(100)]
    lines[7], lines[50] = "7,none of it", "50,1,2"
    lines[90] = "90,oops"
    path = tmp_path / "bad.csv"
    path.write_text("id,amount\n" + "\n".join(lines) + "\n")
    return path


def test_a_file_with_errors_leaves_nothing_and_names_rows_and_columns(tmp_path: Path, url: str, table: str) -> None:
    file = bad_file(tmp_path)
    with pytest.raises(RowsInvalid, match="Nothing is loaded: 3 values"):
        load(file, url, table)
    assert not has(url, table)
    listed = [json.loads(line) for line in (tmp_path / "bad.csv.errors.jsonl").read_text().splitlines()]
    assert sorted(map(json.dumps, listed)) == sorted(
        map(
            json.dumps,
            [
                {"row": 8, "column": "amount", "value": "text", "rule": "type"},
                {"row": 51, "column": "", "value": "other", "rule": "columns"},
                {"row": 91, "column": "amount", "value": "text", "rule": "type"},
            ],
        )
    )


def test_a_replaced_table_survives_a_file_with_errors(tmp_path: Path, file: Path, url: str, table: str) -> None:
    load(file, url, table)
    with pytest.raises(RowsInvalid):
        load(bad_file(tmp_path), url, table, "--if-exists", "replace")
    assert content(url, table) == ROWS


def test_bad_rows_can_be_left_out(tmp_path: Path, url: str, table: str) -> None:
    done = load(bad_file(tmp_path), url, table, "--skip-bad")
    assert (done["rows"], done["left_out"]) == (97, 3)
    assert {row[0] for row in content(url, table)} == set(range(100)) - {7, 50, 90}


def test_a_dry_run_loads_nothing(file: Path, url: str, table: str) -> None:
    out = run("load", file, "--to", url, "--table", table, "--dry-run")
    assert "CREATE TABLE" in out
    assert "3 rows would go" in out
    assert not has(url, table)


def test_a_column_can_be_said_to_hold_texts(tmp_path: Path, url: str, table: str) -> None:
    done = load(bad_file(tmp_path), url, table, "--skip-bad", "--text", "amount")
    assert (done["rows"], done["columns"]["amount"]) == (99, "text")


def test_a_killed_load_leaves_nothing(tmp_path: Path, url: str, table: str) -> None:
    file = tmp_path / "large.csv"
    with file.open("w") as out:
        out.write("id,a,b,c\n")
        out.writelines(f"{n},{n / 7},{n / 3},text {n}\n" for n in range(300_000))
    script = (
        "import os, signal, sys\n"
        "from training.tables.data import table_loader as t\n"
        "real, calls = t.copy_rows if sys.argv[2].startswith('postgresql') else t.insert_rows, []\n"
        "def insert(*arguments):\n"
        "    real(*arguments); calls.append(1)\n"
        "    len(calls) == 2 and os.kill(os.getpid(), signal.SIGKILL)\n"
        "t.copy_rows = t.insert_rows = insert\n"
        "from training.data.cli import data\n"
        "data(['load', sys.argv[1], '--to', sys.argv[2], '--table', sys.argv[3]])\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(file), url, table], check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    end = time.monotonic() + 60  # the server notices a moment later
    while has(url, table) and time.monotonic() < end:
        time.sleep(0.1)
    assert not has(url, table)
    assert load(file, url, table)["rows"] == 300_000


RECIPE = """
model: from-sql
origin: {kind: sql, url_variable: TEST_DATABASE, %s}
target: {column: good, labels: {'false': 'no', 'true': 'yes'}}
id: id
columns:
  - {name: amount, type: float, missing: nan}
  - {name: kind, type: category, allowed: [a, b], missing: nan}
estimator: {kind: logistic_regression}
"""


def people(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.csv"
    lines = [f"{n},{n / 8 if n % 5 else ''},{'ab'[n % 2]},{'true' if n % 3 else 'false'}" for n in range(1000)]
    path.write_text("id,amount,kind,good\n" + "\n".join(reversed(lines)) + "\n")
    load(path, url, "rows", "--if-exists", "replace")
    monkeypatch.setenv("TEST_DATABASE", url)


@pytest.mark.parametrize(
    "rows", ["table: rows", 'query: "WITH t AS (SELECT * FROM rows) SELECT * FROM t ORDER BY amount DESC;"']
)
def test_a_recipe_reads_a_table_or_a_query_and_splits_it_in_the_order_of_the_ids(
    tmp_path: Path, url: str, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(tmp_path, url, monkeypatch)
    found = load_data(parse_recipe(RECIPE % rows, "r.yaml"), TrainingSettings(), Console(stderr=True))
    assert found.labels == ("no", "yes")
    assert found.counts() == {"train": {"no": 267, "yes": 533}, "test": {"no": 67, "yes": 133}}
    first = found.train.rows.slice(0, 1).to_pylist()[0]
    number = first["id"]
    assert first["amount"] == (number / 8 if number % 5 else None)
    assert found.train.rows["id"].to_pylist() == sorted(found.train.rows["id"].to_pylist())


def test_a_query_can_only_read(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    people(tmp_path, url, monkeypatch)
    for query in (
        "DELETE FROM rows",
        "SELECT 1) AS q; DELETE FROM rows; SELECT (1",
        "SELECT 1 AS a) AS q; COMMIT; DELETE FROM rows; SELECT * FROM (SELECT 1 AS a",
        "WITH d AS (DELETE FROM rows RETURNING *) SELECT * FROM d",
    ):
        with pytest.raises(DatabaseFailed):
            list(SqlQuery.of(SqlOrigin(url_variable="TEST_DATABASE", query=query)).batches())
    assert len(content(url, "rows")) == 1000


def test_a_query_may_hold_colons_and_percents(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    people(tmp_path, url, monkeypatch)
    query = "SELECT ' :x ::y 50%' AS a, CAST('1' AS INTEGER) AS b"
    source = SqlQuery.of(SqlOrigin(url_variable="TEST_DATABASE", query=query))
    assert source.columns == ("a", "b")
    assert [batch.rows.to_pylist() for batch in source.batches()] == [[{"a": " :x ::y 50%", "b": 1}]]


def test_a_draft_is_made_of_a_table(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    people(tmp_path, url, monkeypatch)
    text = run("infer", "--from-sql", "TEST_DATABASE", "--table", "rows", "--target", "good")
    recipe = parse_recipe(text, "draft.yaml")
    assert recipe.id == "id"
    assert [(column.name, column.type) for column in recipe.columns] == [("amount", "float"), ("kind", "category")]
    found = load_data(recipe, TrainingSettings(), Console(stderr=True))
    assert sum(map(len, (found.train, found.test))) == 1000


def test_errors_of_a_database_never_hold_its_password(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = database_url(postgres)
    for wrong, message in (
        (good.set(password="s3cret-word"), "doesn't accept the user or the password"),
        (good.set(database="nowhere"), "no such"),
        (good.set(port=1), "can't be reached"),
    ):
        monkeypatch.setenv("TEST_DATABASE", wrong.render_as_string(hide_password=False))
        with pytest.raises(DatabaseFailed, match=message) as raised:
            list(SqlQuery.of(SqlOrigin(url_variable="TEST_DATABASE", table="rows")).batches())
        assert "s3cret" not in str(raised.value)
        assert raised.value.__cause__ is None


def test_a_sqlite_file_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE", f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(DatabaseFailed, match="no such file"):
        SqlQuery.of(SqlOrigin(url_variable="TEST_DATABASE", table="rows"))
    (tmp_path / "none.db").write_text("no database, but a text that is long enough to have no header of one")
    with pytest.raises(DatabaseFailed, match="no SQLite database"):
        list(SqlQuery.of(SqlOrigin(url_variable="TEST_DATABASE", table="rows")).batches())


def test_a_text_that_postgresql_cannot_store_is_an_error(tmp_path: Path, postgres: str) -> None:
    parquet.write_table(pa.table({"id": [1], "text": ["a\0b"]}), tmp_path / "nul.parquet")
    with pytest.raises(TriremeError, match="character that it can't store"):
        load(tmp_path / "nul.parquet", postgres, "nul")
    assert not has(postgres, "nul")
