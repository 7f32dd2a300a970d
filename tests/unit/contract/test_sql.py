"""Features by SQL: what a step may be, what the sandbox forbids, and what comes out."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from contract.columns import Column
from contract.errors import RawTablesInvalid, SqlFailed, SqlInvalid, SqlTimeout
from contract.inputs import TableInput
from contract.sql.check import check_steps
from contract.sql.features import RawColumn, RawTable, SqlFeatures, SqlStep
from contract.sql.raw import read_raw
from contract.sql.runner import SqlRunner
from contract.sql.sandbox import SqlLimits, sandbox

PEOPLE = RawTable(name="people", columns=(RawColumn(name="id", type="int"), RawColumn(name="city", type="text")))
LOANS = RawTable(
    name="loans",
    columns=(
        RawColumn(name="id", type="int"),
        RawColumn(name="amount", type="int"),
        RawColumn(name="rate", type="float"),
        RawColumn(name="open", type="bool"),
        RawColumn(name="since", type="date"),
    ),
)
SUMS = "SELECT id, sum(amount) AS total, max(rate) AS rate, bool_or(open) AS open FROM loans GROUP BY id"
JOINED = "SELECT people.id, city, total, rate, open FROM people LEFT JOIN sums USING (id)  -- all of them"
COLUMNS = (
    Column(name="city", type="category", allowed=("Ulm", "Bonn"), missing="nan"),
    Column(name="total", type="int", missing="nan"),
    Column(name="rate", type="float", missing="nan"),
    Column(name="open", type="bool", missing="nan"),
)
ROWS: dict[str, list[dict[str, Any]]] = {
    "people": [{"id": 2, "city": "Bonn"}, {"id": 1, "city": None}, {"id": 3, "city": "Ulm"}],
    "loans": [
        {"id": 1, "amount": 10, "rate": 0.1, "open": True, "since": "2020-02-29"},
        {"id": 1, "amount": 2**53 + 1, "rate": 2, "open": False, "since": None},
        {"id": 2, "amount": None, "rate": None, "open": None, "since": "2021-01-01"},
    ],
}


def steps(*selects: str) -> SqlFeatures:
    named = tuple(SqlStep(name=f"step{number}", select=select) for number, select in enumerate(selects))
    return SqlFeatures(tables=(PEOPLE, LOANS), steps=named)


def schema(last: str = JOINED, columns: tuple[Column, ...] = COLUMNS) -> TableInput:
    sql = SqlFeatures(
        tables=(PEOPLE, LOANS), steps=(SqlStep(name="sums", select=SUMS), SqlStep(name="joined", select=last))
    )
    return TableInput(columns=columns, id="id", sql=sql)


@pytest.fixture(scope="module")
def runner() -> SqlRunner:
    return SqlRunner(schema())


def tables(rows: dict[str, list[dict[str, Any]]] | None = None) -> dict[str, pa.Table]:
    return dict(read_raw(schema().sql, rows or ROWS).tables)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "select",
    [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM people WHERE id IN (SELECT 1 FROM read_blob('/etc/passwd'))",
        "WITH x AS (SELECT * FROM glob('/*')) SELECT * FROM x",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM information_schema.tables",
        "COPY people TO '/tmp/people.csv'",
        "ATTACH '/tmp/other.db'",
        "PRAGMA version",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 4",
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO people VALUES (1, 'Ulm')",
        "DELETE FROM people",
        "DESCRIBE people",
        "SHOW TABLES",
        "EXPLAIN SELECT 1",
        "CALL pragma_version()",
        "SELECT 1; SELECT 2",
        "SELECT 1) SELECT 2 FROM (SELECT 3",
        "SELECT id, random() FROM people",
        "SELECT id, now() FROM people",
        "SELECT id, current_date FROM people",
        "SELECT id, uuid() FROM people",
        "SELECT id, current_setting('threads') FROM people",
        "SELECT * FROM people TABLESAMPLE 10%",
        "SELECT * FROM step1",
        "SELECT * FROM step0",
        "SELECT * FROM nobody",
        'SELECT * FROM "$people"',
        "SELECT " + "abs(" * 900 + "id" + ")" * 900 + " FROM people",
        "SELEKT 1",
        "-- nothing",
        "",
    ],
)
def test_a_step_that_is_more_than_a_select_over_known_tables_is_refused(select: str) -> None:
    with sandbox(SqlLimits()) as connection, pytest.raises(SqlInvalid):
        check_steps(steps(select, "SELECT 1"), connection)


@pytest.mark.parametrize(
    "select",
    [
        "SELECT id FROM people;",
        "FROM People",
        "VALUES (1)",
        "WITH few AS (SELECT * FROM people LIMIT 1) SELECT * FROM few JOIN loans USING (id)",
        "SELECT unnest([1, 2])",
        "SELECT " + "id + " * 150 + "id FROM people",
        "SELECT * FROM people, range(3)",
        "SELECT id, row_number() OVER (PARTITION BY id ORDER BY since) FROM loans QUALIFY count(*) OVER () > 1",
        "SELECT id FROM people UNION ALL SELECT id FROM loans",
    ],
)
def test_plain_selects_are_accepted(select: str) -> None:
    with sandbox(SqlLimits()) as connection:
        check_steps(steps(select, "SELECT * FROM step0"), connection)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.db'",
        "EXPORT DATABASE '{folder}/all'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "PRAGMA memory_limit = '10GB'",
        "SELECT * FROM python_table",
    ],
)
def test_the_sandbox_forbids_it_even_if_the_check_were_passed(statement: str, tmp_path: Path) -> None:
    python_table = pa.table({"a": [1]})
    with sandbox(SqlLimits()) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement.format(folder=tmp_path)).fetchall()
    assert python_table is not None
    assert list(tmp_path.iterdir()) == []


def test_rows_become_features_in_the_order_of_their_ids(runner: SqlRunner) -> None:
    found = runner.run(tables())
    assert found.to_pylist() == [
        {"id": 1, "city": None, "total": 2**53 + 11, "rate": 2.0, "open": True},
        {"id": 2, "city": "Bonn", "total": None, "rate": None, "open": None},
        {"id": 3, "city": "Ulm", "total": None, "rate": None, "open": None},
    ]
    assert [str(kind) for kind in found.schema.types] == ["int64", "string", "int64", "float", "bool"]


def test_narrower_types_and_parquet_files_give_the_same_features_as_json(runner: SqlRunner, tmp_path: Path) -> None:
    plain = tables()
    people = plain["people"].set_column(0, "id", plain["people"]["id"].cast(pa.int32()))
    people = people.set_column(1, "city", people["city"].dictionary_encode()).append_column("more", pa.nulls(3))
    pq.write_table(plain["loans"], tmp_path / "loans.parquet")
    found = runner.run({"people": people, "loans": ds.dataset(tmp_path / "loans.parquet")})
    assert found.equals(runner.run(plain))


def test_tables_without_rows_give_features_without_rows(runner: SqlRunner) -> None:
    assert runner.run(tables({"people": [], "loans": []})).num_rows == 0


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ({"people": []}, "'loans'"),
        ({**ROWS, "cars": []}, "'cars'"),
        ({**ROWS, "people": [{"id": 1}]}, "'city'"),
    ],
)
def test_missing_and_unknown_tables_and_columns_are_named(rows: dict[str, Any], named: str) -> None:
    with pytest.raises(RawTablesInvalid, match=named):
        read_raw(steps("SELECT 1"), rows)


def test_arrow_tables_must_have_the_columns_in_fitting_types(runner: SqlRunner) -> None:
    good = tables()
    with pytest.raises(RawTablesInvalid, match="'city'"):
        runner.run({**good, "people": good["people"].drop_columns("city")})
    with pytest.raises(RawTablesInvalid, match="'id' of 'people' is string"):
        runner.run({**good, "people": good["people"].set_column(0, "id", pa.array(["1", "2", "3"]))})


def test_an_id_that_comes_twice_is_refused(runner: SqlRunner) -> None:
    with pytest.raises(SqlFailed, match="'id' more than once"):
        runner.run(tables({**ROWS, "people": [ROWS["people"][0]] * 2}))


@pytest.mark.parametrize(
    ("last", "named"),
    [
        ("SELECT people.id, city, total, rate FROM people LEFT JOIN sums USING (id)", "'open'"),
        (JOINED.replace("city, total", "city, city AS town, total"), "'town'"),
        (JOINED.replace("total,", "total / 2 AS total,"), "'total' as double"),
        (JOINED.replace("open", "1 AS open"), "'open'"),
        (JOINED.replace("total", "totals"), "totals"),
    ],
)
def test_steps_that_give_other_columns_are_refused_before_any_row_comes(last: str, named: str) -> None:
    with pytest.raises(SqlInvalid, match=named):
        SqlRunner(schema(last))


def test_features_need_steps_and_an_id() -> None:
    with pytest.raises(SqlInvalid):
        SqlRunner(TableInput(columns=COLUMNS, id="id"))
    with pytest.raises(SqlInvalid):
        SqlRunner(schema().model_copy(update={"id": None}))


def test_numbers_that_no_result_can_hold_fail_in_one_sentence() -> None:
    runner = SqlRunner(schema(JOINED.replace("rate", "rate * 1e39 AS rate")))
    with pytest.raises(SqlFailed):
        runner.run(tables())


def test_what_takes_too_long_is_ended() -> None:
    endless = JOINED.replace(
        "total", "(SELECT sum(a.range * b.range % 7) FROM range(1000000) a, range(1000000) b) AS total"
    )
    empty: dict[str, list[dict[str, Any]]] = {"people": [], "loans": []}
    quick = SqlLimits(timeout_s=0.2)
    with pytest.raises(SqlTimeout):
        SqlRunner(schema(endless), quick).run(tables(empty))


def test_what_needs_too_much_memory_is_ended() -> None:
    huge = JOINED.replace("total", "(SELECT len(list(range)) FROM range(30000000) WHERE range <> people.id) AS total")
    with pytest.raises(SqlFailed, match="64 MiB"):
        SqlRunner(schema(huge), SqlLimits(memory_mb=64)).run(tables())


def test_threads_don_t_see_each_other_s_tables(runner: SqlRunner) -> None:
    barrier = threading.Barrier(4)

    def run(number: int) -> list[dict[str, Any]]:
        own = tables({"people": [{"id": number, "city": "Ulm"}], "loans": []} | {"loans": ROWS["loans"]})
        barrier.wait()
        found: list[dict[str, Any]] = [row for _ in range(10) for row in runner.run(own).to_pylist()]
        return found

    with ThreadPoolExecutor(4) as pool:
        for number, found in enumerate(pool.map(run, range(10, 14)), 10):
            assert [row["id"] for row in found] == [number] * 10


def test_names_of_tables_steps_and_columns_are_used_once() -> None:
    with pytest.raises(ValidationError):
        SqlFeatures(tables=(PEOPLE,), steps=(SqlStep(name="people", select="SELECT 1"),))
    with pytest.raises(ValidationError):
        RawTable(name="x", columns=(RawColumn(name="a", type="int"), RawColumn(name="A", type="int")))
