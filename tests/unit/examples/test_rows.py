"""Labelled rows: checked as for a prediction, kept as they are."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.table import Encoder
from gateway.examples.row_intake import row_keys
from tests.support.table_versions import SCHEMA
from tests.unit.examples.rig import CSV, ROWS, manifests, objects
from tests.unit.gateway.rig import check_problem, gateway

HEADER = "key,age,income,employed,purpose,outcome\n"
GOOD = "a,31,2400.5,true,car,good\nb,40,NA,,boat,bad\nc,52, 7 ,0,house,good\n"
VALUES: list[dict[str, Any]] = [
    {"key": "a", "age": 31, "income": 2400.5, "employed": True, "purpose": "car", "outcome": "good"},
    {"key": "b", "age": 40, "income": None, "employed": None, "purpose": "boat", "outcome": "bad"},
    {"key": "c", "age": 52, "income": 7, "employed": False, "purpose": "house", "outcome": "good"},
]


def parquet(rows: list[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


FILES = {
    "text/csv": (HEADER + GOOD).encode(),
    "application/x-ndjson": "\n".join(map(json.dumps, VALUES)).encode(),
    "application/vnd.apache.parquet": parquet(VALUES),
}


async def post(http: httpx.AsyncClient, lines: str, **params: Any) -> httpx.Response:
    return await http.post(ROWS, params=params, content=(HEADER + lines).encode(), headers=CSV)


def kept(repository: Path) -> pa.Table:
    return pa.concat_tables([pq.read_table(io.BytesIO(data)) for data in objects(repository, "credit").values()])


@pytest.mark.parametrize("kind", FILES)
async def test_rows_are_kept_as_they_are_whatever_file_they_came_in(
    http: httpx.AsyncClient, repository: Path, kind: str
) -> None:
    answer = await http.post(ROWS, content=FILES[kind], headers={"Content-Type": kind})
    assert answer.status_code == 201, answer.text
    assert answer.json()["labels"] == {"good": 2, "bad": 1}
    (batch,) = manifests(repository, "credit")
    assert batch.rows is not None
    assert (batch.rows.count, list(objects(repository, "credit"))) == (3, [batch.rows.digest])
    rows = kept(repository)
    values = [{name: row[name] for name in row if name != "__digest"} for row in rows.to_pylist()]
    assert values == [
        {"age": 31.0, "income": 2400.5, "employed": True, "purpose": "car", "key": "a", "__label": "good"},
        {"age": 40.0, "income": None, "employed": None, "purpose": "boat", "key": "b", "__label": "bad"},
        {"age": 52.0, "income": 7.0, "employed": False, "purpose": "house", "key": "c", "__label": "good"},
    ]


async def test_encoding_kept_rows_gives_what_encoding_the_sent_ones_gave(
    http: httpx.AsyncClient, repository: Path
) -> None:
    await post(http, GOOD)
    rows = kept(repository)
    features = Encoder(SCHEMA).batch(rows.combine_chunks().to_batches()[0]).features
    sent = Encoder(SCHEMA).rows([{name: row[name] for name in row if name != "outcome"} for row in VALUES]).features
    np.testing.assert_array_equal(features, sent)
    assert rows["__digest"].to_pylist() == row_keys(sent).tolist()


async def test_rows_that_can_not_be_taken_are_told_and_left_out(http: httpx.AsyncClient, repository: Path) -> None:
    bad = "d,7,1,1,car,good\ne,31,1,1,car,\nf,32,1,1,car,ugly\ng,33,inf,x,car,good\n"
    answer = (await post(http, GOOD + bad)).json()
    assert answer["accepted"] == 3
    assert answer["refused"] == {"row-invalid": 2, "label-missing": 1, "label-unknown": 1}
    told = {one["place"]: (one["code"], one["detail"]) for one in answer["problems"]}
    assert told[3] == ("row-invalid", "Column 'age': the number is out of range (number).")
    assert {place: code for place, (code, _) in told.items()} == {
        3: "row-invalid",
        4: "label-missing",
        5: "label-unknown",
        6: "row-invalid",
    }


async def test_the_same_row_is_a_duplicate_whatever_its_id_and_spelling(http: httpx.AsyncClient) -> None:
    answer = (await post(http, GOOD + "z,31,2.4005e3,1,car,good\n")).json()
    assert (answer["accepted"], answer["duplicates"]) == (3, 1)
    again = await http.post(
        ROWS, content=FILES["application/x-ndjson"], headers={"Content-Type": "application/x-ndjson"}
    )
    assert (again.status_code, again.json()["duplicates"]) == (200, 3)


async def test_a_row_of_another_label_or_use_is_refused_by_another_gateway_too(
    http: httpx.AsyncClient, repository: Path
) -> None:
    await post(http, GOOD)
    async with gateway(repository) as other:
        refused = check_problem(await post(other, "a,31,2400.5,true,car,bad\n"), 422, "examples-refused")
        assert refused["refused"] == {"label-conflict": 1}
        refused = check_problem(
            await post(other, "a,31,2400.5,true,car,good\n", use="evaluation"), 422, "examples-refused"
        )
        assert refused["refused"] == {"used-otherwise": 1}


async def test_the_label_s_column_can_be_named(http: httpx.AsyncClient) -> None:
    body = (HEADER.replace("outcome", "truth") + GOOD).encode()
    problem = check_problem(await http.post(ROWS, content=body, headers=CSV), 422, "columns-missing")
    assert "'outcome'" in problem["detail"]
    assert (await http.post(ROWS, content=body, headers=CSV, params={"target": "truth"})).status_code == 201
    check_problem(await http.post(ROWS, content=body, headers=CSV, params={"target": "age"}), 422, "request-invalid")


async def test_a_file_without_one_of_the_model_s_columns_is_refused_whole(http: httpx.AsyncClient) -> None:
    answer = await http.post(ROWS, content=b"age,outcome\n31,good\n", headers=CSV)
    check_problem(answer, 422, "columns-missing")
    check_problem(await http.post(ROWS, content=b"x", headers={"Content-Type": "image/png"}), 422, "pictures-not-taken")


async def test_labels_in_numbers_and_truth_values_are_told_by_their_text(http: httpx.AsyncClient) -> None:
    rows = [{**VALUES[0], "outcome": value} for value in (1, True, 1.5, None, ["good"])]
    answer = await http.post(
        ROWS,
        content="\n".join(map(json.dumps, rows)).encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert check_problem(answer, 422, "examples-refused")["refused"] == {"label-unknown": 4, "label-missing": 1}


async def test_parquet_with_odd_types_is_told_row_by_row(http: httpx.AsyncClient) -> None:
    table = pa.table(
        {
            "age": pa.array([31, 32], pa.int8()),
            "income": pa.array([1.5, None], pa.float32()),
            "employed": pa.array([1, 0], pa.int64()),
            "purpose": pa.array(["x" * 5000, "car"]).dictionary_encode(),
            "outcome": pa.array([0.5, None]),
        }
    )
    file = io.BytesIO()
    pq.write_table(table, file)
    kind = {"Content-Type": "application/vnd.apache.parquet"}
    answer = await http.post(ROWS, content=file.getvalue(), headers=kind)
    assert check_problem(answer, 422, "examples-refused")["refused"] == {"label-unknown": 1, "label-missing": 1}
    pq.write_table(table.set_column(4, "outcome", pa.array(["good", "bad"])), file := io.BytesIO())
    assert (await http.post(ROWS, content=file.getvalue(), headers=kind)).json()["accepted"] == 2


async def test_a_long_text_that_the_model_does_not_know_is_kept_cut(http: httpx.AsyncClient, repository: Path) -> None:
    assert (await post(http, f"a,31,1,1,{'x' * 5000},good\n")).status_code == 201
    assert kept(repository)["purpose"].to_pylist() == ["x" * 256]


async def test_rows_are_bounded_by_what_a_model_may_have(repository: Path) -> None:
    async with gateway(repository, examples_per_model=2) as http:
        check_problem(await post(http, GOOD), 507, "examples-full")
    assert objects(repository, "credit") == {}
