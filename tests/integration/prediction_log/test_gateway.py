"""What a gateway with a log keeps, and answers about it."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from gateway.app import create_app
from gateway.benchmark_decode import open_nothing
from gateway.identity.principal import LOCAL
from gateway.prediction_log import shipping
from gateway.prediction_log.asked import Asked
from gateway.prediction_log.errors import LogFolderInvalid
from tests.integration.prediction_log.rig import (
    PREDICTIONS,
    is_logged,
    log_settings,
    logged,
    logged_ids,
    logging_gateway,
    predict,
    until,
)
from tests.support.postgres import Postgres
from tests.support.table_versions import ROW
from tests.unit.gateway.rig import BATCH, PREDICT, check_problem, client, png
from tests.unit.gateway.table_rig import FILE, ROWS

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACED = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
CSV = b"key,age,income,employed,purpose\nk1,31,2400,true,car\nk2,999,1,true,car\nk3,40,100,false,house\n"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "PAUSE_S", 0.05)


@pytest.fixture
def here(repository: Path, tmp_path: Path) -> Any:
    """Settings with a SQLite file and a spill of the test's own."""
    url = f"sqlite:///{tmp_path}/trireme.db"
    return lambda **changes: log_settings(repository, url, tmp_path / "spill", **changes)


async def entries(given: Any, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    """What the log holds after requests to a gateway that then stopped."""
    async with logging_gateway(given) as http:
        for request in requests:
            answer = await http.post(**request)
            assert answer.status_code == 200, answer.text
    async with logging_gateway(given) as http:
        return await logged(http)


async def test_a_picture_s_entry_tells_what_was_answered_to_whom(here: Any) -> None:
    async with logging_gateway(here()) as http:
        answer = await http.post(PREDICT, content=png(), headers=TRACED)
        answered = answer.json()
        found = (await http.get(f"{PREDICTIONS}/{answered['id']}")).json()
    assert {name: found[name] for name in ("id", "model", "version", "label", "probability")} == {
        name: answered[name] for name in ("id", "model", "version", "label", "probability")
    }
    assert (found["kind"], found["trace_id"]) == ("picture", TRACE)
    assert found["principal"] == LOCAL.id
    assert found["probabilities"] == pytest.approx([0.1] * 10)
    assert found["input_digest"] == hashlib.sha256(png()).hexdigest()
    assert found["latency_ms"] > 0
    assert found["features"] == {"brightness": 18.125, "contrast": 0, "sharpness": 0}
    assert (found["row_id"], found["summary"], found["feedback"]) == (None,) * 3


async def test_each_answered_picture_of_a_batch_has_an_entry(here: Any) -> None:
    files = [("files", (f"{n}.png", png((n, 0, 0)))) for n in range(3)] + [("files", ("bad.png", b"no picture"))]
    found = await entries(here(), {"url": BATCH, "files": files})
    assert {one["input_digest"] for one in found} == {hashlib.sha256(png((n, 0, 0))).hexdigest() for n in range(3)}


async def test_rows_are_kept_as_digests_unless_the_policy_says_more(here: Any) -> None:
    (one, *_) = found = await entries(here(), {"url": ROWS, "json": {"rows": [ROW, {**ROW, "age": 50}]}})
    assert len(found) == 2
    first = np.array([31, 2400.5, 1, 0], np.float32).tobytes()
    assert hashlib.sha256(first).hexdigest() in {row["input_digest"] for row in found}
    assert (one["kind"], one["label"], one["decision"], one["band"]) == ("row", "good", "bad", "B")
    assert [(row["features"], row["row_id"]) for row in found] == [(None, None)] * 2


async def test_with_the_policy_values_are_kept_and_hashed_where_it_says(here: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"k" * 32)
    given = here(log_values="yes", log_hashed_columns=("income",), log_hash_key_file=tmp_path / "key")
    (one,) = await entries(given, {"url": ROWS, "json": {"row": ROW}})
    assert one["row_id"] == "k1"
    assert {**one["features"], "income": 0} == {"age": 31, "income": 0, "employed": True, "purpose": "car"}
    assert len(one["features"]["income"]) == 64


async def test_a_file_is_one_entry_with_its_summary(here: Any) -> None:
    headers = {"Content-Type": "text/csv"}
    (one,) = await entries(here(), {"url": FILE, "content": CSV, "headers": headers})
    assert (one["kind"], one["label"], one["input_digest"]) == ("file", None, hashlib.sha256(CSV).hexdigest())
    assert (one["summary"]["rows"], one["summary"]["predicted"], one["summary"]["rejected"]) == (3, 2, 1)


async def test_a_file_whose_caller_leaves_half_way_is_an_entry_with_what_was_answered(here: Any) -> None:
    app = create_app(here(), open_model_server=open_nothing)
    asked = Asked("key:k", TRACE)
    async with client(app) as http:
        services = app.state.services
        model = services.tables.of(services.catalogue.model("credit").choose(None))
        table = await services.files.opened(BytesIO(CSV), "csv", model)
        pieces = services.files.pieces(model, table, "csv", with_summary=False, asked=asked, digest=lambda: "0" * 64)
        await anext(pieces)
        await pieces.aclose()
        await until(lambda: _holds(http, 1))
        (one,) = await logged(http)
    assert (one["kind"], one["principal"], one["input_digest"]) == ("file", "key:k", None)
    assert one["summary"]["rows"] == 3


async def _holds(http: httpx.AsyncClient, count: int) -> bool:
    return len(await logged(http)) == count


async def test_a_file_is_an_entry_a_row_where_the_settings_say_so(here: Any) -> None:
    headers = {"Content-Type": "text/csv"}
    given = here(log_files="rows", log_values="yes")
    found = await entries(given, {"url": FILE, "content": CSV, "headers": headers})
    assert sorted((one["kind"], one["row_id"], one["label"]) for one in found) == [
        ("row", "k1", "good"),
        ("row", "k3", "good"),
    ]


async def test_json_lines_are_written_beside_the_database(here: Any, tmp_path: Path) -> None:
    async with logging_gateway(here(log_jsonl=tmp_path / "log.jsonl")) as http:
        ids = await predict(http, 3)
    assert [json.loads(line)["id"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == ids


async def test_feedback_reaches_a_prediction_at_once_and_makes_live_accuracy(here: Any) -> None:
    async with logging_gateway(here()) as http:
        (one, other) = await predict(http, 2)
        for which, label in ((one, "airplane"), (other, "cat")):
            answer = await http.post(f"{PREDICTIONS}/{which}/feedback", json={"label": label})
            assert answer.status_code == 200, answer.text
        statistics = (await http.get(f"{PREDICTIONS}/stats", params={"model": "tiny"})).json()
        assert statistics["versions"][0]["live"] == {
            "feedback": 2, "correct": 1, "accuracy": 0.5, "decisions_correct": None,
        }  # fmt: skip
        wrong = await http.post(f"{PREDICTIONS}/{one}/feedback", json={"label": "unicorn"})
        check_problem(wrong, 422, "feedback-invalid")


async def test_a_prediction_that_is_not_there_is_unknown_or_on_its_way(here: Any) -> None:
    async with logging_gateway(here()) as http:
        (young,) = await predict(http)
        for old in ("x", "019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f", "%00", "stats%2f"):
            check_problem(
                await http.get(f"{PREDICTIONS}/{old}"), 404, "prediction-unknown" if "%2f" not in old else "not-found"
            )
        unknown = young[:-3] + ("001" if young.endswith("000") else "000")
        answer = await http.get(f"{PREDICTIONS}/{unknown}")
        check_problem(answer, 503, "prediction-pending")
        assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "query",
    ["cursor=x", "limit=0", "limit=1001", "since=yesterday", "since=2026-01-01T00:00:00", "version=0", "label=%00"],
)
async def test_a_wrong_query_is_told(here: Any, query: str) -> None:
    async with logging_gateway(here()) as http:
        check_problem(await http.get(f"{PREDICTIONS}?{query}"), 422, "request-invalid")


async def test_a_folder_that_cannot_be_used_stops_the_start(here: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogFolderInvalid, match="Not a directory"):
        async with logging_gateway(here(log_spill=tmp_path / "file" / "spill")):
            raise AssertionError


async def test_without_a_log_there_is_no_history(here: Any, tmp_path: Path) -> None:
    async with logging_gateway(here(log="off")) as http:
        (one,) = await predict(http)
        for path in (PREDICTIONS, f"{PREDICTIONS}/stats", f"{PREDICTIONS}/{one}"):
            check_problem(await http.get(path), 404, "log-off")
    assert not (tmp_path / "spill").exists()


@pytest.mark.parametrize("durability", ["window", "sync"])
async def test_a_full_journal_refuses_predictions_instead_of_losing_them(
    here: Any, monkeypatch: pytest.MonkeyPatch, durability: str
) -> None:
    async with logging_gateway(here(log_durability=durability, log_window_ms=10)) as http:
        before = await predict(http, 3)
        with monkeypatch.context() as patch:
            patch.setattr("gateway.prediction_log.journal.OpenSegment.append", full)
            async with asyncio.timeout(60):
                while (answer := await http.post(PREDICT, content=png())).status_code == 200:
                    before.append(answer.json()["id"])
                    await asyncio.sleep(0.02)
        check_problem(answer, 503, "log-unavailable")

        async def is_answered() -> bool:
            answer = await http.post(PREDICT, content=png())
            before.extend([answer.json()["id"]] if answer.status_code == 200 else [])
            return answer.status_code == 200

        await until(is_answered)
    async with logging_gateway(here()) as http:
        assert await logged_ids(http) == sorted(before)


def full(*_: object) -> None:
    raise OSError


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    """A PostgreSQL of the test's own, to which gateways return quickly."""
    monkeypatch.setattr(shipping, "LONGEST_PAUSE_S", 0.1)
    with Postgres() as server:
        yield server


async def test_an_outage_of_the_database_loses_and_doubles_nothing(
    repository: Path, tmp_path: Path, fragile: Postgres
) -> None:
    given = log_settings(repository, fragile.url, tmp_path / "spill")
    async with logging_gateway(given) as http:
        ids = await predict(http, 20)
        assert await is_logged(http, ids[-1])
        await asyncio.to_thread(fragile.stop)
        ids += await predict(http, 50)
        check_problem(await http.get(PREDICTIONS), 503, "database-unavailable")
        assert (await http.get("/health/ready")).status_code == 200
        await asyncio.to_thread(fragile.start)
        ids += await predict(http, 20)
        await until(lambda: is_logged(http, ids[-1]))
        assert await logged_ids(http) == sorted(ids)
        await asyncio.to_thread(fragile.stop)
        ids += await predict(http, 5)
    # It stopped while the database was away; the next one starts then.
    async with logging_gateway(given) as http:
        ids += await predict(http, 5)
        await asyncio.to_thread(fragile.start)
        await until(lambda: is_logged(http, ids[-1]))
        assert await logged_ids(http) == sorted(ids)
    assert list((tmp_path / "spill").iterdir()) == []


async def test_two_gateways_side_by_side_write_one_log(repository: Path, postgresql: str, tmp_path: Path) -> None:
    given = log_settings(repository, postgresql, tmp_path / "spill")
    async with logging_gateway(given) as one, logging_gateway(given) as other:
        ids = [*await predict(one, 10), *await predict(other, 10)]
        assert await is_logged(one, ids[9])
        assert await is_logged(other, ids[19])
        assert await logged_ids(one) == await logged_ids(other) == sorted(ids)
