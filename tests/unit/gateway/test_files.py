"""Tables in files: answers in every format, bad rows among good ones, bad files, limits, and clients that leave."""

import asyncio
import errno
import io
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from contract.card import VersionCard
from contract.columns import Column
from contract.inputs import TableInput
from contract.table import Encoder
from contract.tabular import csv_file
from contract.tabular.formats import MEDIA_TYPES, Format
from gateway.app import create_app
from gateway.errors import ModelServerFailed
from gateway.inference import Probabilities, Tensor
from gateway.metrics import Metrics
from gateway.tables import file_scorer
from tests.support.table_versions import DECISION, SCHEMA, make_table_version, risk
from tests.support.versions import make_version
from tests.unit.gateway.rig import check_problem, gateway, listening, opened, png, settings, soon
from tests.unit.gateway.table_rig import FILE, VALIDATE, RiskServer

FORMATS: tuple[Format, ...] = ("csv", "parquet", "jsonl", "arrow")
ROWS = [
    {
        "key": f"k{index}",
        "age": 18 + index % 80,
        "income": None if index % 9 == 0 else 1000.0 + 7 * index,
        "employed": index % 3 != 0,
        "purpose": ("car", "house", "other", "boat")[index % 4],
    }
    for index in range(500)
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_table_version(root, "credit", 1, decision=None)
    make_table_version(root, "credit", 2)
    make_version(root, "tiny", 1)
    return root


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_scorer, "CHUNK_ROWS", 100)


@pytest.fixture
async def http(repository: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway(repository, RiskServer()) as http:
        yield http


def written(kind: Format, rows: list[dict[str, Any]] = ROWS) -> bytes:
    sink = io.BytesIO()
    table = pa.Table.from_pylist(rows)
    match kind:
        case "csv":
            pa_csv.write_csv(table, sink)
        case "parquet":
            pq.write_table(table, sink)
        case "jsonl":
            sink.write("\n".join(json.dumps(row) for row in rows).encode())
        case "arrow":
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
    return sink.getvalue()


def read(kind: Format, data: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of an answer and its summary."""
    return {"csv": read_csv, "parquet": read_parquet, "jsonl": read_lines, "arrow": read_arrow}[kind](data)


def read_csv(data: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    *lines, last = data.decode().splitlines()
    options = pa_csv.ConvertOptions(strings_can_be_null=True)
    rows = pa_csv.read_csv(io.BytesIO("\n".join(lines).encode()), convert_options=options).to_pylist()
    return rows, json.loads(last.removeprefix("# "))


def read_parquet(data: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    file = pq.ParquetFile(io.BytesIO(data))
    return file.read().to_pylist(), json.loads(file.metadata.metadata[b"trireme.summary"])


def read_lines(data: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    *documents, summary = map(json.loads, data.splitlines())
    return documents, summary["summary"]


def read_arrow(data: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    with pa.ipc.open_stream(data) as stream:
        while True:
            batch, metadata = stream.read_next_batch_with_custom_metadata()
            if metadata is not None:
                return rows, json.loads(metadata[b"trireme.summary"])
            rows += batch.to_pylist()


def expected(rows: list[dict[str, Any]] = ROWS) -> list[float]:
    return [float(value) for value in risk(Encoder(SCHEMA).rows(rows).features)]


def sent(kind: Format, data: bytes | None = None, accept: str = "*/*") -> dict[str, Any]:
    headers = {"content-type": MEDIA_TYPES[kind], "accept": accept}
    return {"content": written(kind) if data is None else data, "headers": headers, "params": {"summary": "true"}}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("wanted", FORMATS)
async def test_a_file_is_answered_row_by_row_in_the_format_asked_for(
    http: httpx.AsyncClient, kind: Format, wanted: Format
) -> None:
    answer = await http.post(FILE, **sent(kind, accept=MEDIA_TYPES[wanted]))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == MEDIA_TYPES[wanted]
    rows, summary = read(wanted, answer.content)
    assert [row["row"] for row in rows] == list(range(500))
    assert [row["id"] for row in rows] == [row["key"] for row in ROWS]
    np.testing.assert_allclose([row["probability_bad"] for row in rows], expected(), rtol=1e-5)
    for row in rows:
        bad = row["probability_bad"]
        assert row["label"] == ("bad" if bad > 0.5 else "good")
        assert row["decision"] == ("bad" if bad >= DECISION.threshold else "good")
        assert row["band"] == DECISION.band(bad)
        assert not row["error"]
    assert (summary["rows"], summary["predicted"], summary["rejected"]) == (500, 500, 0)
    assert (summary["model"], summary["version"]) == ("credit", 2)
    assert sum(summary["labels"].values()) == sum(summary["decisions"].values()) == 500
    assert summary["bands"] == {name: sum(row["band"] == name for row in rows) for name in "ABC"}
    assert summary["scores"]["quantiles"]["0.5"] == pytest.approx(np.quantile(expected(), 0.5), abs=2e-3)
    assert summary["scores"]["maximum"] == pytest.approx(max(expected()), rel=1e-5)


@pytest.mark.parametrize("kind", FORMATS)
async def test_bad_rows_have_an_error_and_the_rest_is_predicted(http: httpx.AsyncClient, kind: Format) -> None:
    bad = {3: {"age": 7}, 250: {"age": 121}, 499: {"age": 0}}
    rows = [{**row, **bad.get(index, {})} for index, row in enumerate(ROWS)]
    found, summary = read(kind, (await http.post(FILE, **sent(kind, written(kind, rows)))).content)
    assert {row["row"]: row["error"] for row in found if row["error"]} == dict.fromkeys(bad, "age:range")
    assert [found[3][name] for name in ("label", "probability_bad", "decision", "band")] == [None] * 4
    assert found[3]["id"] == "k3"
    good = [row["probability_bad"] for index, row in enumerate(found) if index not in bad]
    np.testing.assert_allclose(good, [p for index, p in enumerate(expected()) if index not in bad], rtol=1e-5)
    assert (summary["predicted"], summary["rejected"]) == (497, 3)
    assert summary["problems"] == [{"column": "age", "rule": "range", "count": 3}]


async def test_a_version_without_a_threshold_answers_every_label(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        f"{FILE}?version=1", content=written("jsonl"), headers={"content-type": "application/jsonl"}
    )
    rows, summary = read("jsonl", answer.content)
    np.testing.assert_allclose([row["probability_bad"] for row in rows], expected(), rtol=1e-5)
    np.testing.assert_allclose([row["probability_good"] + row["probability_bad"] for row in rows], 1, rtol=1e-5)
    assert rows[0]["decision"] is None
    assert (summary["decisions"], summary["bands"]) == (None, None)


async def test_csv_has_a_summary_only_for_those_who_ask(http: httpx.AsyncClient) -> None:
    headers = {"content-type": "text/csv"}
    assert b"#" not in (await http.post(FILE, content=written("csv"), headers=headers)).content
    assert b"# {" in (await http.post(f"{FILE}?summary=true", content=written("csv"), headers=headers)).content


async def test_the_ids_of_whole_numbers_stay_whole_numbers(http: httpx.AsyncClient) -> None:
    rows = [{**row, "key": 10**15 + index} for index, row in enumerate(ROWS[:5])]
    found, _ = read("parquet", (await http.post(FILE, **sent("parquet", written("parquet", rows)))).content)
    assert [row["id"] for row in found] == [10**15 + index for index in range(5)]


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/csv;q=0.1, application/x-ndjson", "jsonl"),
        ("text/html, */*;q=0.1", "parquet"),
        ("application/*", "parquet"),
        ("TEXT/CSV; q=1", "csv"),
    ],
)
async def test_what_the_caller_likes_best_is_taken(http: httpx.AsyncClient, accept: str, wanted: Format) -> None:
    answer = await http.post(FILE, **sent("parquet", accept=accept))
    assert answer.headers["content-type"].partition(";")[0] == MEDIA_TYPES[wanted]


@pytest.mark.parametrize("accept", ["text/html", "text/csv;q=0", "text/csv;q=x"])
async def test_another_format_is_406(http: httpx.AsyncClient, accept: str) -> None:
    check_problem(await http.post(FILE, **sent("csv", accept=accept)), 406, "not-acceptable")


HEADER = b"key,age,income,employed,purpose\n"
BAD_FILES: dict[str, tuple[Format, bytes, int, str]] = {
    "empty": ("csv", b"", 400, "body-empty"),
    "blank": ("csv", b"\n", 422, "table-empty"),
    "header only": ("csv", HEADER, 422, "table-empty"),
    "semicolons": ("csv", HEADER.replace(b",", b";") + b"1;2\n", 422, "table-unreadable"),
    "Latin-1": ("csv", HEADER + b"a,31,1,true,\xe4\n", 422, "table-unreadable"),
    "UTF-16": ("csv", HEADER.decode().encode("utf-16"), 422, "table-unreadable"),
    "header twice": ("csv", b"age,age\n1,2\n", 422, "header-duplicate"),
    "columns missing": ("csv", b"key,age\n1,2\n", 422, "columns-missing"),
    "too many columns": ("csv", b"age" + b",x" * 30_000 + b"\n", 413, "table-too-large"),
    "no Parquet": ("parquet", HEADER, 422, "table-unreadable"),
    "truncated Parquet": ("parquet", written("parquet")[:-9], 422, "table-unreadable"),
    "no Arrow": ("arrow", HEADER, 422, "table-unreadable"),
    "no JSON": ("jsonl", HEADER, 422, "table-unreadable"),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("path", [FILE, VALIDATE])
async def test_a_bad_file_is_a_problem_and_other_requests_go_on(http: httpx.AsyncClient, name: str, path: str) -> None:
    kind, data, status, code = BAD_FILES[name]
    answer = await http.post(path, **sent(kind, data))
    if (path, name) == (VALIDATE, "columns missing"):
        assert answer.json()["missing_columns"] == ["income", "employed", "purpose"]
    else:
        check_problem(answer, status, code)
    assert (await http.post(FILE, **sent("csv"))).status_code == 200


async def test_a_byte_order_mark_and_extra_columns_are_no_problem(http: httpx.AsyncClient) -> None:
    data = b"\xef\xbb\xbfextra," + HEADER + b"x,k,31,,true,car\n"
    rows, _ = read("csv", (await http.post(FILE, **sent("csv", data))).content)
    assert (rows[0]["id"], rows[0]["error"]) == ("k", None)


async def test_ragged_rows_are_rejected_at_their_places(http: httpx.AsyncClient) -> None:
    data = HEADER + b"a,31,1,true,car\nb,31\nc,31,1,true,car\nd,31,1,true,car,7\n"
    rows, summary = read("csv", (await http.post(FILE, **sent("csv", data))).content)
    assert [row["error"] for row in rows] == [None, ":columns", None, ":columns"]
    assert [row["id"] for row in rows] == ["a", None, "c", None]
    assert summary["rejected"] == 2


class Failing(RiskServer):
    """Fails on late rows of `ROWS`, in whichever order they come: by their income."""

    async def infer(self, card: VersionCard, tensors: Sequence[Tensor], timeout_s: float, /) -> Probabilities:
        if np.nanmax(np.concatenate(list(tensors))[:, 1]) > 1000 + 7 * 400:
            raise ModelServerFailed
        return await super().infer(card, tensors, timeout_s)


@pytest.mark.parametrize(
    ("server", "data", "code"),
    [
        (Failing(), written("csv"), "model-server-failed"),
        (RiskServer(), written("csv") + b"a,31,1,true,\xe4\n", "table-unreadable"),
    ],
)
async def test_a_failure_on_the_way_breaks_the_answer_off_and_is_its_last_line(
    repository: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    server: RiskServer,
    data: bytes,
    code: str,
) -> None:
    monkeypatch.setattr(csv_file, "BLOCK", 4000)
    caplog.set_level("INFO")
    given = settings(repository)
    got = bytearray()
    with listening(create_app(given, open_model_server=opened(server)), given) as port:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            with pytest.raises(httpx.RemoteProtocolError):
                await gather(http, sent("csv", data, accept=MEDIA_TYPES["jsonl"]), got)
            metrics = (await http.get("/metrics")).text
    *rows, problem = map(json.loads, got.splitlines())
    assert [row["row"] for row in rows] == list(range(len(rows)))
    assert problem["problem"]["code"] == code
    assert f'trireme_gateway_rejected_total{{code="{code}"}} 1.0' in metrics
    assert f"200 {code}" in caplog.text


async def gather(http: httpx.AsyncClient, request: dict[str, Any], into: bytearray) -> None:
    async with http.stream("POST", FILE, **request) as answer:
        async for piece in answer.aiter_bytes():
            into += piece


class Away(RiskServer):
    async def infer(self, *given: Any) -> Probabilities:
        raise ModelServerFailed


async def test_a_failure_at_the_beginning_is_a_problem(repository: Path) -> None:
    async with gateway(repository, Away()) as http:
        check_problem(await http.post(FILE, **sent("csv")), 502, "model-server-failed")


def counted(metrics: str) -> dict[str, float]:
    """What became of all that version 2 was asked for."""
    prefix = 'trireme_gateway_answers_total{model="credit",outcome="'
    lines = (line.removeprefix(prefix) for line in metrics.splitlines() if line.startswith(prefix))
    return {line.split('"')[0]: float(line.split()[-1]) for line in lines if 'version="2"' in line}


async def test_a_file_counts_as_one_answer_however_many_rows_it_has(http: httpx.AsyncClient) -> None:
    before = counted((await http.get("/metrics")).text)
    assert (await http.post(FILE, **sent("csv"))).status_code == 200
    assert counted((await http.get("/metrics")).text) == {"answered": before.get("answered", 0) + 1}


async def test_a_file_that_the_model_server_breaks_off_counts_as_one_failure_and_a_bad_one_not_at_all(
    repository: Path,
) -> None:
    bad_rows = written("csv", [{**row, "age": -1} for row in ROWS])
    async with gateway(repository, Away()) as http:
        assert (await http.post(FILE, **sent("csv", bad_rows))).status_code == 200
        assert (await http.post(FILE, **sent("csv", b"age\n"))).status_code == 422
        assert counted((await http.get("/metrics")).text) == {}
        assert (await http.post(FILE, **sent("csv"))).status_code == 502
        assert counted((await http.get("/metrics")).text) == {"failed": 1}


async def test_limits_hold_for_bytes_rows_and_files_in_work(repository: Path) -> None:
    async with gateway(repository, RiskServer(), max_table_bytes=1000, max_table_rows=9) as http:
        check_problem(await http.post(FILE, **sent("csv")), 413, "body-too-large")
        check_problem(await http.post(FILE, **sent("csv", HEADER + b"a,31,1,1,car\n" * 10)), 413, "table-too-large")
        assert (await http.post(FILE, **sent("csv", HEADER + b"a,31,1,1,car\n" * 9))).status_code == 200
    server = RiskServer()
    server.go.clear()
    async with gateway(repository, server, max_batches=1, max_spooled_bytes=200_000) as http:
        first = asyncio.create_task(http.post(FILE, **sent("csv")))
        await soon(lambda: server.sizes)
        check_problem(await http.post(VALIDATE, **sent("csv")), 503, "overloaded")
        server.go.set()
        assert (await first).status_code == 200
        check_problem(await http.post(FILE, **sent("csv", b"x" * 200_001)), 503, "overloaded")
        assert "trireme_gateway_spooled_bytes 0.0" in (await http.get("/metrics")).text


async def test_a_full_disk_is_507(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _data: Any, /) -> int:
            raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full())
    async with gateway(repository, RiskServer()) as http:
        check_problem(await http.post(FILE, **sent("csv")), 507, "disk-full")


async def test_a_disk_without_room_for_a_new_file_is_507(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> BinaryIO:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    async with gateway(repository, RiskServer()) as http:
        check_problem(await http.post(FILE, **sent("csv")), 507, "disk-full")


async def test_a_column_s_name_that_a_caller_made_up_is_shortened(http: httpx.AsyncClient) -> None:
    data = written("jsonl", [{**ROWS[1], "x" * 1000: 1}])
    rows, _ = read("jsonl", (await http.post(FILE, **sent("jsonl", data))).content)
    assert rows[0]["error"] == f"{'x' * 128}:unknown-column"


async def test_a_body_in_a_table_s_format_is_counted_on_the_disk_and_not_in_memory(repository: Path) -> None:
    async with gateway(repository, RiskServer(), max_batch_bytes=100, max_buffered_bytes=100) as http:
        assert (await http.post(FILE, **sent("csv"))).status_code == 200


async def test_a_client_that_leaves_stops_the_work_and_frees_its_file(repository: Path) -> None:
    server = RiskServer()
    server.go.clear()
    given = settings(repository)
    app = create_app(given, open_model_server=opened(server))
    with listening(app, given) as port:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            request = asyncio.create_task(http.post(FILE, **sent("csv")))
            await soon(lambda: len(server.sizes) == 2)
            request.cancel()
            await asyncio.wait([request])
        await soon(lambda: server.cancelled == len(server.sizes))
        metrics: Metrics = app.state.services.metrics
        await soon(lambda: metrics.registry.get_sample_value("trireme_gateway_spooled_bytes") == 0)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_a_compressed_body_is_refused(http: httpx.AsyncClient, encoding: str) -> None:
    answer = await http.post(
        FILE, content=written("csv"), headers={"content-type": "text/csv", "content-encoding": encoding}
    )
    check_problem(answer, 415, "content-encoding-unsupported")


async def test_pictures_and_tables_are_not_mixed_up(http: httpx.AsyncClient) -> None:
    check_problem(await http.post("/v1/models/tiny/validate", **sent("csv")), 422, "rows-not-taken")
    check_problem(await http.post("/v1/models/tiny/predict/batch", **sent("csv")), 415, "content-type-unsupported")
    check_problem(
        await http.post(FILE, content=png(), headers={"content-type": "image/png"}), 422, "pictures-not-taken"
    )
    check_problem(
        await http.post(FILE, content=b"x", headers={"content-type": "text/html"}), 415, "content-type-unsupported"
    )


@pytest.mark.parametrize("kind", FORMATS)
async def test_validation_predicts_nothing_and_reports_every_bad_value(repository: Path, kind: Format) -> None:
    changes: dict[int, dict[str, Any]] = {5: {"age": 7}, 205: {"age": 300}, 310: {"key": "k5"}, 311: {"key": "k5"}}
    rows = [{**row, **changes.get(index, {})} for index, row in enumerate(ROWS)]
    server = RiskServer()
    async with gateway(repository, server) as http:
        report = (await http.post(VALIDATE, **sent(kind, written(kind, rows)))).json()
    assert server.sizes == []
    assert (report["rows"], report["valid_rows"], report["total"], report["truncated"]) == (500, 498, 4, False)
    value = "number" if kind == "csv" else "integer"
    assert report["problems"] == [
        {"row": 5, "column": "age", "value": value, "rule": "range"},
        {"row": 205, "column": "age", "value": value, "rule": "range"},
        {"row": 310, "column": "key", "value": "other", "rule": "duplicate-id"},
        {"row": 311, "column": "key", "value": "other", "rule": "duplicate-id"},
    ]
    assert report["duplicate_ids"] == 2
    assert {(one["column"], one["rule"], one["count"]) for one in report["counts"]} == {
        ("age", "range", 2),
        ("key", "duplicate-id", 2),
    }
    assert (report["missing_columns"], report["extra_columns"], report["ids_checked"]) == ([], [], 500)


async def test_ids_that_only_python_s_hash_takes_for_one_are_two(repository: Path) -> None:
    rows = [{**ROWS[1], "key": key} for key in (-1, -2, 2**61 - 1, 0, -2)]
    async with gateway(repository, RiskServer()) as http:
        report = (await http.post(VALIDATE, **sent("parquet", written("parquet", rows)))).json()
    assert [(one["row"], one["rule"]) for one in report["problems"]] == [(4, "duplicate-id")]


async def test_validation_lists_columns_and_caps_its_list(repository: Path) -> None:
    data = b"extra,age,income,purpose\n" + b"x,1,x,car\n" * 300
    async with gateway(repository, RiskServer(), max_problems=3, max_checked_ids=10) as http:
        report = (await http.post(VALIDATE, **sent("csv", data))).json()
    assert (report["missing_columns"], report["extra_columns"]) == (["employed"], ["extra"])
    assert (len(report["problems"]), report["total"], report["truncated"]) == (3, 600, True)
    assert (report["rows"], report["valid_rows"], report["ids_checked"]) == (300, 0, 10)


async def test_a_table_of_very_many_columns_is_taken_in_smaller_chunks(tmp_path: Path) -> None:
    columns = tuple(Column(name=f"c{index}", type="float", missing="nan") for index in range(3_000))
    make_table_version(tmp_path, "credit", 1, input=TableInput(columns=columns))
    header = ",".join(column.name for column in columns)
    data = f"{header}\n{(',' * 2_999 + chr(10)) * 40}".encode()
    async with gateway(tmp_path, RiskServer()) as http:
        rows, summary = read("csv", (await http.post(FILE, **sent("csv", data))).content)
    assert len(rows) == summary["predicted"] == 40
