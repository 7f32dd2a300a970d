"""Rows that a request names: by id from the feature table, as raw tables through SQL; and why a row is what it is."""

import asyncio
import contextlib
import errno
import os
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.card import FEATURES, FeatureTable, VersionCard
from contract.columns import Column
from contract.explaining.additive import Additive
from contract.explaining.explanation import EXPLANATION, Explainer, Explanation, Preparation
from contract.inputs import TableInput
from contract.sql.features import RawColumn, RawTable, SqlFeatures, SqlStep
from contract.table import Encoder
from gateway.tables import feature_index, feature_tables
from tests.support.table_versions import BIAS, ROW, SCHEMA, make_table_version, risk, weights
from tests.unit.gateway.rig import check_problem, gateway
from tests.unit.gateway.table_rig import ROWS, RiskServer

STORED = [
    {**ROW, "key": f"k{index}", "age": 18 + index, "income": None if index == 3 else 100.0 * index}
    for index in range(60)
]
TABLE = FeatureTable(rows=len(STORED))


def stored(rows: list[dict[str, Any]]) -> Callable[[Path], None]:
    def put(folder: Path) -> None:
        # In an order that is not that of the ids.
        pq.write_table(pa.Table.from_pylist(rows[::-1]), folder / FEATURES, row_group_size=16)

    return put


@contextlib.asynccontextmanager
async def serving(root: Path, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway(root, RiskServer(), feature_cache=root / "cache", **changes) as http:
        yield http


async def asked(http: httpx.AsyncClient, body: dict[str, Any]) -> httpx.Response:
    """The answer, once the feature table is loaded."""
    return await until(http, body, lambda status: status != 503)


async def until(http: httpx.AsyncClient, body: dict[str, Any], is_it: Callable[[int], bool]) -> httpx.Response:
    async with asyncio.timeout(20):
        while not is_it((answer := await http.post(ROWS, json=body)).status_code):  # noqa: ASYNC110 - it takes requests
            await asyncio.sleep(0.02)
    return answer


async def test_rows_by_id_are_answered_as_the_same_rows_by_value(tmp_path: Path) -> None:
    make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    async with serving(tmp_path) as http:
        ids = ["k59", "k0", "k3", "k3"]
        by_id = (await asked(http, {"ids": ids})).json()["predictions"]
        rows = [STORED[int(one[1:])] for one in ids]
        by_value = (await http.post(ROWS, json={"rows": rows})).json()["predictions"]
    assert [one["row_id"] for one in by_id] == ids
    assert [one["probabilities"] for one in by_id] == [one["probabilities"] for one in by_value]


async def test_ids_that_are_whole_numbers_are_found_as_such(tmp_path: Path) -> None:
    rows = [{**row, "key": 10**12 + index} for index, row in enumerate(STORED)]
    make_table_version(tmp_path, put=stored(rows), feature_table=TABLE)
    async with serving(tmp_path) as http:
        found = (await asked(http, {"ids": [10**12 + 7]})).json()["predictions"]
        assert found[0]["probabilities"]["bad"] == pytest.approx(
            float(risk(Encoder(SCHEMA).rows(rows[7:8]).features)[0])
        )
        unknown = [str(10**12), 5, 10**30]
        problem = check_problem(await http.post(ROWS, json={"ids": [10**12, *unknown]}), 404, "ids-unknown")
    assert (problem["ids"], problem["total"]) == ([str(10**12), 5, 2**63], 3)


async def test_unknown_ids_are_listed_and_not_guessed(tmp_path: Path) -> None:
    make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    async with serving(tmp_path, max_problems=2) as http:
        await asked(http, {"ids": ["k0"]})
        ids = ["k0", "k60", "", "x" * 1000, "k1", "k\0", 1]
        problem = check_problem(await http.post(ROWS, json={"ids": ids}), 404, "ids-unknown")
    assert (problem["ids"], problem["total"]) == (["k60", ""], 5)
    assert problem["detail"] == "The feature table lacks 5 of the ids."


async def test_rows_by_value_are_answered_while_the_table_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    load = feature_index.load
    monkeypatch.setattr(feature_tables, "load", lambda *given: (go.wait(20), load(*given))[1])
    make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    async with serving(tmp_path) as http:
        answer = await http.post(ROWS, json={"ids": ["k0"]})
        check_problem(answer, 503, "feature-table-loading")
        assert answer.headers["retry-after"] == "1"
        assert (await http.post(ROWS, json={"row": ROW})).status_code == 200
        assert (await http.get("/health/ready")).status_code == 200
        go.set()
        assert (await asked(http, {"ids": ["k0"]})).status_code == 200


async def test_a_table_is_encoded_once_and_forgotten_with_its_version(tmp_path: Path) -> None:
    make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    (tmp_path / "cache" / ("0" * 32)).mkdir(parents=True)
    async with serving(tmp_path) as http:
        await asked(http, {"ids": ["k0"]})
    (made,) = (tmp_path / "cache").iterdir()
    before = (made / feature_index.FEATURES).stat()
    async with serving(tmp_path, refresh_interval_s=0.02) as http:
        await asked(http, {"ids": ["k0"]})
        assert (made / feature_index.FEATURES).stat().st_ino == before.st_ino
        make_table_version(tmp_path, version=2, put=stored(STORED[:50]), feature_table=FeatureTable(rows=50))
        await until(http, {"ids": ["k55"]}, lambda status: status == 404)
        assert len(list((tmp_path / "cache").iterdir())) == 2


async def test_what_is_not_the_cache_s_own_stays_in_its_folder(tmp_path: Path) -> None:
    make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    mine = tmp_path / "cache" / "mine"
    mine.mkdir(parents=True)
    async with serving(tmp_path) as http:
        await asked(http, {"ids": ["k0"]})
    assert mine.is_dir()


@pytest.mark.parametrize("name", [feature_index.FEATURES, feature_index.IDS, feature_index.ROWS])
@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda path: os.truncate(path, 100), lambda path: os.truncate(path, 0)]
)
async def test_a_damaged_cache_is_made_anew(tmp_path: Path, name: str, damage: Callable[[Path], object]) -> None:
    make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    async with serving(tmp_path) as http:
        first = await asked(http, {"ids": ["k7"]})
    (made,) = (tmp_path / "cache").iterdir()
    damage(made / name)
    async with serving(tmp_path) as http:
        second = await asked(http, {"ids": ["k7"]})
    assert second.json()["predictions"][0]["probability"] == first.json()["predictions"][0]["probability"]


async def test_a_bug_met_with_one_table_does_not_keep_the_next_from_being_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = feature_index.load

    def load_second(card: VersionCard, *given: Any) -> Any:
        if card.version == 1:
            raise RuntimeError("a bug")
        return load(card, *given)

    monkeypatch.setattr(feature_tables, "load", load_second)
    make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    async with serving(tmp_path, refresh_interval_s=0.02) as http:
        check_problem(await asked(http, {"ids": ["k0"]}), 500, "internal")
        make_table_version(tmp_path, version=2, put=stored(STORED), feature_table=TABLE)
        await until(http, {"ids": ["k0"]}, lambda status: status == 200)


async def test_a_version_that_was_published_anew_has_its_new_table(tmp_path: Path) -> None:
    make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    async with serving(tmp_path, refresh_interval_s=0.02) as http:
        assert (await asked(http, {"ids": ["k55"]})).status_code == 200
        make_table_version(tmp_path, put=stored(STORED[:50]), feature_table=FeatureTable(rows=50))
        await until(http, {"ids": ["k55"]}, lambda status: status == 404)


BROKEN: dict[str, tuple[Callable[[Path], object], int]] = {
    "an id twice": (stored([*STORED, STORED[0]]), 61),
    "an id missing": (stored([{**STORED[0], "key": None}, *STORED[1:]]), 60),
    "too few rows": (stored(STORED), 61),
    "a bad value": (stored([{**STORED[0], "age": 7}]), 1),
    "a column missing": (stored([{"key": "k", "age": 31}]), 1),
    "no Parquet": (lambda folder: (folder / FEATURES).write_bytes(b"PAR1"), 1),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_table_that_breaks_its_promise_is_not_used(tmp_path: Path, name: str) -> None:
    put, rows = BROKEN[name]
    make_table_version(tmp_path, put=put, feature_table=FeatureTable(rows=rows))
    async with serving(tmp_path) as http:
        check_problem(await asked(http, {"ids": ["k0"]}), 500, "version-damaged")
        assert (await http.post(ROWS, json={"row": ROW})).status_code == 200
    assert list((tmp_path / "cache").iterdir()) == []


async def test_a_table_that_differs_from_its_card_is_not_used(tmp_path: Path) -> None:
    name = make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    stored(STORED[1:] + STORED[:1])(tmp_path / name.triton_name)
    async with serving(tmp_path) as http:
        check_problem(await asked(http, {"ids": ["k0"]}), 500, "version-damaged")


async def test_a_table_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    name = make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    (tmp_path / name.triton_name / FEATURES).unlink()
    async with serving(tmp_path) as http:
        check_problem(await asked(http, {"ids": ["k0"]}), 422, "feature-table-missing")


async def test_a_full_disk_is_told_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = iter([OSError(errno.ENOSPC, "full")])
    load = feature_index.load

    def once_full(*given: Any) -> Any:
        for error in full:
            raise error
        return load(*given)

    monkeypatch.setattr(feature_tables, "load", once_full)
    monkeypatch.setattr(feature_tables, "RETRY_S", 0.3)
    make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    async with serving(tmp_path) as http:
        check_problem(await asked(http, {"ids": ["k0"]}), 507, "disk-full")
        await until(http, {"ids": ["k0"]}, lambda status: status == 200)


SQL = SqlFeatures(
    tables=(
        RawTable(name="applications", columns=(RawColumn(name="key", type="int"), RawColumn(name="born", type="int"))),
        RawTable(name="loans", columns=(RawColumn(name="key", type="int"), RawColumn(name="amount", type="int"))),
    ),
    steps=(
        SqlStep(name="sums", select="SELECT key, sum(amount) AS debt FROM loans GROUP BY key"),
        SqlStep(
            name="features",
            select="SELECT a.key, 2026 - a.born AS age, CAST(s.debt AS DOUBLE) AS debt "
            "FROM applications a LEFT JOIN sums s ON a.key = s.key",
        ),
    ),
)
RAW_SCHEMA = TableInput(
    id="key",
    columns=(Column(name="age", type="int", minimum=18), Column(name="debt", type="float", missing="nan")),
    sql=SQL,
)
RAW = {
    "applications": [{"key": 2, "born": 1990}, {"key": 1, "born": 1980}],
    "loans": [{"key": 1, "amount": 500}, {"key": 1, "amount": 300}],
}


async def test_raw_tables_are_answered_as_the_rows_that_sql_makes_of_them(tmp_path: Path) -> None:
    make_table_version(tmp_path, input=RAW_SCHEMA)
    rows = [{"key": 1, "age": 46, "debt": 800.0}, {"key": 2, "age": 36}]
    async with serving(tmp_path) as http:
        answer = await http.post(ROWS, json={"tables": RAW})
        assert answer.status_code == 200, answer.text
        raw = answer.json()["predictions"]
        by_value = (await http.post(ROWS, json={"rows": rows})).json()["predictions"]
    assert [one["row_id"] for one in raw] == [1, 2]
    assert [one["probabilities"] for one in raw] == [one["probabilities"] for one in by_value]


@pytest.mark.parametrize(
    ("tables", "status", "code"),
    [
        ({"applications": RAW["applications"]}, 422, "raw-tables-invalid"),
        ({**RAW, "others": []}, 422, "raw-tables-invalid"),
        ({**RAW, "loans": [{"key": "1", "amount": 5}]}, 422, "row-invalid"),
        ({**RAW, "applications": [{"key": 1, "born": 2020}]}, 422, "row-invalid"),
        ({"applications": [], "loans": []}, 422, "table-empty"),
        ({**RAW, "applications": RAW["applications"] * 2}, 422, "sql-failed"),
        ({**RAW, "applications": [{"key": key, "born": 1990} for key in range(4)]}, 413, "too-many-rows"),
    ],
)
async def test_bad_raw_tables_are_a_problem(tmp_path: Path, tables: Any, status: int, code: str) -> None:
    make_table_version(tmp_path, input=RAW_SCHEMA)
    async with serving(tmp_path, max_rows=3) as http:
        check_problem(await http.post(ROWS, json={"tables": tables}), status, code)


async def test_raw_tables_of_too_many_rows_are_413_before_any_is_read(tmp_path: Path) -> None:
    make_table_version(tmp_path, input=RAW_SCHEMA)
    async with serving(tmp_path, max_raw_rows=sum(map(len, RAW.values()))) as http:
        assert (await http.post(ROWS, json={"tables": RAW})).status_code == 200
        tables = {**RAW, "loans": [*RAW["loans"], {"what": 1}]}
        check_problem(await http.post(ROWS, json={"tables": tables}), 413, "too-many-rows")


def explained(folder: Path) -> None:
    slopes = np.asarray(weights(4), np.float64)
    terms = np.zeros((4, 5))
    terms[3, :4] = slopes[3] * np.arange(4)
    coded = np.array([False, False, False, True])
    model = Additive(np.asarray(BIAS, np.float64), np.where(coded, 0, slopes), np.zeros(4), terms, coded)
    zeros = np.zeros(4, np.float32)
    fill = np.array([0, 0, 0, np.nan], np.float32)
    Explainer(Preparation(fill, zeros, np.ones(4, np.float32)), model).write(folder / EXPLANATION)


EXPLAINED = Explanation(method="additive", scale="log-odds", label="bad")


async def test_an_explanation_adds_up_to_the_answer_and_names_the_largest_first(tmp_path: Path) -> None:
    make_table_version(tmp_path, put=explained, explanation=EXPLAINED)
    async with serving(tmp_path) as http:
        answer = (await http.post(ROWS, json={"row": {"age": 40, "purpose": "boat"}, "explain": True})).json()
    found = answer["explanation"]
    assert (found["label"], found["scale"]) == ("bad", "log-odds")
    added = found["base"] + sum(one["contribution"] for one in found["contributions"])
    assert 1 / (1 + np.exp(-added)) == pytest.approx(answer["probabilities"]["bad"], abs=1e-6)
    assert [one["column"] for one in found["contributions"]] == ["purpose", "age", "employed", "income"]
    assert {one["column"]: one["value"] for one in found["contributions"]} == {
        "age": 40,
        "income": None,
        "employed": 1,
        "purpose": None,
    }


async def test_few_rows_are_explained_at_a_time_and_only_by_what_the_card_knows(tmp_path: Path) -> None:
    name = make_table_version(tmp_path, put=explained, explanation=EXPLAINED)
    async with serving(tmp_path, max_explained_rows=2) as http:
        check_problem(await http.post(ROWS, json={"rows": [ROW] * 3, "explain": True}), 413, "too-many-rows")
        both = (await http.post(ROWS, json={"rows": [ROW] * 2, "explain": True})).json()["predictions"]
        assert all(one["explanation"]["contributions"] for one in both)
    path = tmp_path / name.triton_name / EXPLANATION
    path.write_bytes(path.read_bytes()[:-1])
    async with serving(tmp_path) as http:
        check_problem(await http.post(ROWS, json={"row": ROW, "explain": True}), 500, "version-damaged")
        path.unlink()
        check_problem(await http.post(ROWS, json={"row": ROW, "explain": True}), 422, "explanations-missing")
