"""Rows as JSON: what may be sent, what comes back, and every way to be refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contract.card import VersionCard
from contract.repository import CARD
from contract.table import Encoder
from gateway.tables.scoring import Scoring
from tests.support.table_versions import DECISION, ROW, SCHEMA, make_table_version, risk
from tests.unit.gateway.rig import check_problem, gateway, png, soon
from tests.unit.gateway.table_rig import FILE, ROWS, RiskServer


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_table_version(root, "credit", 1)
    make_table_version(root, "credit", 2, decision=None)
    make_table_version(root, "credit", 3)
    return root


@pytest.fixture
async def http(repository: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway(repository, RiskServer()) as http:
        yield http


def expected(*rows: dict[str, Any]) -> list[float]:
    return [float(value) for value in risk(Encoder(SCHEMA).rows(rows).features)]


async def test_a_row_is_answered_with_label_probabilities_decision_and_band(http: httpx.AsyncClient) -> None:
    answer = await http.post(ROWS, json={"row": ROW})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    (bad,) = expected(ROW)
    assert (found["model"], found["version"], found["row_id"]) == ("credit", 3, "k1")
    assert found["probabilities"] == {"good": pytest.approx(1 - bad), "bad": pytest.approx(bad)}
    assert found["label"] == ("bad" if bad > 0.5 else "good")
    assert found["probability"] == max(found["probabilities"].values())
    assert found["decision"] == ("bad" if bad >= DECISION.threshold else "good")
    assert found["band"] == DECISION.band(bad)
    assert set(found["timings_ms"]) == {"decode", "inference"}
    assert len(found["id"]) == 36


async def test_rows_are_answered_in_order_across_calls_of_the_largest_batch(repository: Path) -> None:
    rows = [{**ROW, "key": index, "age": 18 + index % 100} for index in range(150)]
    server = RiskServer()
    async with gateway(repository, server) as http:
        found = (await http.post(ROWS, json={"rows": rows})).json()
    assert [one["row_id"] for one in found["predictions"]] == list(range(150))
    np.testing.assert_allclose([one["probabilities"]["bad"] for one in found["predictions"]], expected(*rows), 1e-6)
    assert len({one["id"] for one in found["predictions"]}) == 150
    assert sorted(server.sizes) == [22, 64, 64]


async def test_a_version_without_a_threshold_decides_nothing(http: httpx.AsyncClient) -> None:
    found = (await http.post(f"{ROWS}?version=2", json={"row": ROW})).json()
    assert (found["decision"], found["band"]) == (None, None)


async def test_missing_columns_and_other_categories_are_taken_where_the_schema_says_so(http: httpx.AsyncClient) -> None:
    row = {"age": 40, "purpose": "boat"}
    found = (await http.post(ROWS, json={"row": row})).json()
    assert found["probabilities"]["bad"] == pytest.approx(expected(row)[0])
    assert found["row_id"] is None


async def test_rows_of_concurrent_requests_share_calls(repository: Path) -> None:
    server = RiskServer()
    async with gateway(repository, server) as http:
        rows = [{**ROW, "age": 18 + index} for index in range(60)]
        answers = await asyncio.gather(*(http.post(ROWS, json={"row": row}) for row in rows))
    bad = [answer.json()["probabilities"]["bad"] for answer in answers]
    np.testing.assert_allclose(bad, expected(*rows), rtol=1e-6)
    assert sum(server.sizes) == 60
    assert max(server.sizes) > 1


BAD_CELLS = {
    "digits for a number": ("age", '"31"', "text", "type"),
    "text for a number": ("age", '"x"', "text", "type"),
    "truth for a number": ("age", "true", "boolean", "type"),
    "a part of a year": ("age", "31.5", "number", "type"),
    "too young": ("age", "17", "integer", "range"),
    "huge": ("age", "1" + "0" * 5000, "integer", "range"),
    "missing": ("age", "null", "missing", "missing"),
    "NaN": ("income", "NaN", "nan", "type"),
    "Infinity": ("income", "Infinity", "infinity", "infinity"),
    "1e999": ("income", "-1e999", "infinity", "infinity"),
    "number for a truth": ("employed", "2", "integer", "type"),
    "list": ("purpose", '["car"]', "other", "type"),
    "unknown column": ("Age", "31", "integer", "unknown-column"),
    "id of another type": ("key", "1.5", "number", "type"),
    "endless id": ("key", json.dumps("k" * 300), "text", "type"),
}


def row_text(column: str, value: str) -> str:
    values = {name: json.dumps(given) for name, given in ROW.items()} | {column: value}
    return "{" + ", ".join(f'"{name}": {text}' for name, text in values.items()) + "}"


@pytest.mark.parametrize("name", BAD_CELLS)
async def test_a_bad_value_is_422_with_row_column_class_and_rule(http: httpx.AsyncClient, name: str) -> None:
    column, text, value, rule = BAD_CELLS[name]
    body = f'{{"rows": [{json.dumps(ROW)}, {row_text(column, text)}]}}'
    answer = await http.post(ROWS, content=body, headers={"content-type": "application/json"})
    found = check_problem(answer, 422, "row-invalid")
    assert found["problems"] == [{"row": 1, "column": column, "value": value, "rule": rule}]
    assert found["counts"] == [{"column": column, "rule": rule, "count": 1}]
    assert found["total"] == 1
    assert found["detail"].startswith(f"Row 1, column '{column}': ")


async def test_all_problems_are_counted_and_the_first_are_listed(repository: Path) -> None:
    server = RiskServer()
    async with gateway(repository, server, max_problems=3) as http:
        rows = [{**ROW, "age": 0, "purpose": 1.5}] * 10
        found = check_problem(await http.post(ROWS, json={"rows": [ROW, *rows]}), 422, "row-invalid")
    assert [one["row"] for one in found["problems"]] == [1, 1, 2]
    assert found["total"] == 20
    assert {(one["column"], one["count"]) for one in found["counts"]} == {("age", 10), ("purpose", 10)}
    assert server.sizes == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "body-empty"),
        ("{", 422, "json-invalid"),
        ('{"row": {"age": 1, "age": 2}}', 422, "json-invalid"),
        ("[" * 50_000, 422, "json-invalid"),
        ('{"row": {"a\\ud800": 1}}', 422, "json-invalid"),
        ("[]", 422, "request-invalid"),
        ("{}", 422, "request-invalid"),
        ('{"row": {}, "rows": [{}]}', 422, "request-invalid"),
        ('{"rows": []}', 422, "request-invalid"),
        ('{"rows": [1]}', 422, "request-invalid"),
        ('{"row": [1]}', 422, "request-invalid"),
        ('{"row": {}, "secret": 1}', 422, "request-invalid"),
        ('{"row": {}, "explain": "yes"}', 422, "request-invalid"),
        ('{"ids": [1.5]}', 422, "request-invalid"),
        ('{"ids": [true]}', 422, "request-invalid"),
    ],
)
async def test_wrong_json_is_a_problem(http: httpx.AsyncClient, body: str, status: int, code: str) -> None:
    answer = await http.post(ROWS, content=body, headers={"content-type": "application/json"})
    check_problem(answer, status, code)
    assert "secret" not in answer.text


NAMES = ",".join(f'"{number}": 0' for number in range(2000))


@pytest.mark.parametrize(
    "body",
    [
        f'{{"rows": [{",".join("0" * 2000)}]}}',
        f'{{"ids": [{",".join(["[]"] * 2000)}]}}',
        f'{{"tables": {{"t": [{",".join("0" * 2000)}]}}}}',
        f'{{"tables": {{{NAMES}}}}}',
        f"{{{NAMES}}}",
    ],
)
async def test_however_many_entries_are_wrong_the_first_ones_are_told(http: httpx.AsyncClient, body: str) -> None:
    answer = await http.post(ROWS, content=body, headers={"content-type": "application/json"})
    assert len(check_problem(answer, 422, "request-invalid")["errors"]) <= 2


async def test_a_table_s_name_is_not_repeated(http: httpx.AsyncClient) -> None:
    problem = check_problem(await http.post(ROWS, json={"tables": {"secret": 7}}), 422, "request-invalid")
    assert problem["errors"] == [{"field": "body.tables", "message": "Input should be a valid list"}]


async def test_more_rows_than_the_limit_are_413(repository: Path) -> None:
    async with gateway(repository, RiskServer(), max_rows=2) as http:
        check_problem(await http.post(ROWS, json={"rows": [ROW] * 3}), 413, "too-many-rows")
        check_problem(await http.post(ROWS, json={"ids": [1, 2, 3]}), 413, "too-many-rows")
        assert (await http.post(ROWS, json={"rows": [ROW] * 2})).status_code == 200


async def test_what_is_no_json_is_refused_by_its_type(http: httpx.AsyncClient) -> None:
    check_problem(await http.post(ROWS, content=png()), 422, "pictures-not-taken")
    check_problem(await http.post(ROWS, files={"file": png()}), 422, "pictures-not-taken")
    answer = await http.post(ROWS, content="age\n31\n", headers={"content-type": "text/csv"})
    check_problem(answer, 415, "content-type-unsupported")


@pytest.mark.parametrize("kind", ["ids", "tables"])
async def test_what_the_version_was_not_published_with_is_422(http: httpx.AsyncClient, kind: str) -> None:
    bodies: dict[str, tuple[dict[str, Any], str]] = {
        "ids": ({"ids": ["a"]}, "feature-table-missing"),
        "tables": ({"tables": {}}, "raw-tables-not-taken"),
    }
    body, code = bodies[kind]
    check_problem(await http.post(ROWS, json=body), 422, code)


async def test_an_explanation_that_the_version_can_t_give_is_refused(http: httpx.AsyncClient) -> None:
    check_problem(await http.post(ROWS, json={"row": ROW, "explain": True}), 422, "explanations-missing")


async def test_more_rows_waiting_than_fit_are_503(repository: Path) -> None:
    server = RiskServer()
    server.go.clear()
    async with gateway(repository, server, max_queued_rows=64) as http:
        work = [asyncio.create_task(http.post(ROWS, json={"rows": [ROW] * 40})) for _ in range(6)]
        await soon(lambda: sum(task.done() for task in work) >= 1)
        server.go.set()
        answers = await asyncio.gather(*work)
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) < 6
    for answer in refused:
        check_problem(answer, 503, "overloaded")


async def test_ready_asks_a_table_model_too(repository: Path) -> None:
    server = RiskServer()
    async with gateway(repository, server) as http:
        assert (await http.get("/health/ready")).json()["models"][0]["ready"] is True
    assert server.sizes == [1]


@hypothesis_settings(deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20))
def test_many_rows_get_the_bands_and_decisions_of_each_alone(repository: Path, values: list[float]) -> None:
    scoring = Scoring(VersionCard.parse((repository / "credit-v1" / CARD).read_bytes()))
    bad = np.array(values, np.float32)
    scored = scoring.score(np.stack([1 - bad, bad], axis=1))
    assert scored.bands is not None
    assert scored.decisions is not None
    assert [scoring.bands[place] for place in scored.bands] == [DECISION.band(float(value)) for value in bad]
    assert [scoring.labels[place] == "bad" for place in scored.decisions] == [float(value) >= 0.4 for value in bad]


async def test_a_batch_address_of_tables_takes_no_pictures(http: httpx.AsyncClient) -> None:
    check_problem(await http.post(FILE, files={"files": png()}), 422, "pictures-not-taken")
