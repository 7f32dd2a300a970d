"""Predictions, with a stand-in for the model server: what may be sent, and every way to be refused."""

import asyncio
import base64
import json
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from contract.card import VersionCard
from contract.columns import Column
from contract.inputs import TableInput
from contract.repository import CARD
from contract.served import Served, ServedModel
from gateway.app import create_app
from gateway.errors import ModelServerFailed, ModelServerTimeout, ModelServerUnavailable
from gateway.inference import Pixels
from tests.support.versions import CIFAR10, make_version
from tests.unit.gateway.rig import (
    BATCH,
    PREDICT,
    RedServer,
    check_problem,
    client,
    encode,
    gateway,
    opened,
    png,
    settings,
    soon,
)

PICTURE = png((3, 0, 0))


@pytest.fixture
async def http(repository: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway(repository) as http:
        yield http


def sent_as(kind: str, picture: bytes) -> dict[str, Any]:
    ways: dict[str, dict[str, Any]] = {
        "raw": {"content": picture, "headers": {"content-type": "image/png"}},
        "untyped": {"content": picture},
        "octets": {"content": picture, "headers": {"content-type": "application/octet-stream"}},
        "curl": {"content": picture, "headers": {"content-type": "application/x-www-form-urlencoded"}},
        "multipart": {"files": {"file": ("a.png", picture)}},
        "json": {"json": {"image": base64.b64encode(picture).decode()}},
        "json with charset": {
            "content": json.dumps({"image": base64.b64encode(picture).decode()}),
            "headers": {"content-type": "Application/JSON; charset=utf-8"},
        },
    }
    return ways[kind]


KINDS = ["raw", "untyped", "octets", "curl", "multipart", "json", "json with charset"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_picture_may_be_sent_in_any_of_these_ways(http: httpx.AsyncClient, kind: str) -> None:
    answer = await http.post(PREDICT, **sent_as(kind, PICTURE))
    assert answer.status_code == 200, answer.text
    assert answer.json()["label"] == CIFAR10[3]


async def test_an_answer_names_model_version_label_probabilities_and_timings(http: httpx.AsyncClient) -> None:
    answer = (await http.post(PREDICT, content=PICTURE, params={"top_k": 2})).json()
    assert (answer["model"], answer["version"], answer["label"], answer["probability"]) == ("tiny", 2, "cat", 1.0)
    assert [entry["label"] for entry in answer["top_k"]] == ["cat", "airplane"]
    assert set(answer["timings_ms"]) == {"decode", "inference"}
    assert len(answer["id"]) == 36


async def test_more_labels_than_there_are_gives_all(http: httpx.AsyncClient) -> None:
    assert len((await http.post(f"{PREDICT}?top_k=1000", content=PICTURE)).json()["top_k"]) == len(CIFAR10)


async def test_a_version_asked_for_answers(http: httpx.AsyncClient) -> None:
    assert (await http.post(f"{PREDICT}?version=1", content=PICTURE)).json()["version"] == 1


async def test_a_published_version_that_is_not_served_is_refused(tmp_path: Path, repository: Path) -> None:
    served = tmp_path / "served.json"
    Served(models={"tiny": ServedModel(stable=1, versions=(1,))}).write(served)
    async with gateway(repository, served=served) as http:
        problem = check_problem(await http.post(f"{PREDICT}?version=2", content=PICTURE), 404, "version-not-served")
    assert problem["detail"] == "Version 2 of model 'tiny' is not served; served: 1."


async def test_a_model_of_which_nothing_is_served_is_refused_for_now(tmp_path: Path, repository: Path) -> None:
    async with gateway(repository, served=tmp_path / "none.json") as http:
        answer = await http.post(PREDICT, content=PICTURE)
        check_problem(answer, 503, "model-not-served")
        assert answer.headers["retry-after"] == "1"


async def test_a_model_of_tables_takes_no_pictures(tmp_path: Path) -> None:
    name = make_version(tmp_path, "table", 1)
    path = tmp_path / name.triton_name / CARD
    card = VersionCard.parse(path.read_bytes())
    rows = TableInput(columns=(Column(name="age", type="float"),))
    path.write_text(card.model_copy(update={"input": rows}).model_dump_json())
    async with gateway(tmp_path) as http:
        check_problem(await http.post("/v1/models/table/predict", content=PICTURE), 422, "pictures-not-taken")
        files = {"files": PICTURE}
        check_problem(await http.post("/v1/models/table/predict/batch", files=files), 422, "pictures-not-taken")


def bomb() -> bytes:
    """A PNG that announces 60,000 × 60,000 pixels and holds none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


JPEG = encode(Image.effect_noise((320, 240), 50).convert("RGB"), "JPEG")
BAD_PICTURES = {
    "truncated JPEG": (JPEG[: len(JPEG) // 2], 422, "picture-truncated"),
    "truncated PNG": (encode(Image.effect_noise((64, 64), 50))[:900], 422, "picture-truncated"),
    "text": (b"hello, this is no picture", 415, "picture-unsupported"),
    "PDF": (b"%PDF-1.7\n", 415, "picture-unsupported"),
    "TIFF": (encode(Image.new("RGB", (8, 8)), "TIFF"), 415, "picture-unsupported"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "picture-unsupported"),
    "bomb": (bomb(), 422, "picture-too-many-pixels"),
}


@pytest.mark.parametrize("kind", ["raw", "multipart", "json"])
@pytest.mark.parametrize("name", BAD_PICTURES)
async def test_a_bad_picture_is_a_problem_however_it_is_sent(http: httpx.AsyncClient, name: str, kind: str) -> None:
    picture, status, code = BAD_PICTURES[name]
    check_problem(await http.post(PREDICT, **sent_as(kind, picture)), status, code)


@pytest.mark.parametrize(
    ("kind", "code"),
    [("raw", "body-empty"), ("untyped", "body-empty"), ("multipart", "picture-empty"), ("json", "picture-empty")],
)
async def test_nothing_sent_is_400(http: httpx.AsyncClient, kind: str, code: str) -> None:
    check_problem(await http.post(PREDICT, **sent_as(kind, b"")), 400, code)


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=b"])
async def test_an_empty_body_of_a_structured_type_is_400(http: httpx.AsyncClient, kind: str) -> None:
    check_problem(await http.post(PREDICT, headers={"content-type": kind}), 400, "body-empty")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", "body"),
        ("[]", "body"),
        ("{}", "body.image"),
        ('{"image": 7}', "body.image"),
        ('{"image": null}', "body.image"),
        ('{"image": "no base64!"}', "body.image"),
        ('{"image": "data:image/png;base64,AAAA"}', "body.image"),
        ('{"image": "", "private": 1}', "body"),
        (f'{{"image": "", {",".join(f"{chr(34)}{number}{chr(34)}: 0" for number in range(2000))}}}', "body"),
    ],
)
async def test_wrong_json_is_422_with_the_field_and_without_its_content(
    http: httpx.AsyncClient, body: str, field: str
) -> None:
    answer = await http.post(PREDICT, content=body, headers={"content-type": "application/json"})
    problem = check_problem(answer, 422, "request-invalid")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert not any(word in answer.text for word in ("no base64!", "private", "AAAA"))


@pytest.mark.parametrize("query", ["top_k=0", "top_k=1001", "top_k=x", "version=0", "version=x", "version=1000000000"])
async def test_a_wrong_parameter_is_422_with_the_field(http: httpx.AsyncClient, query: str) -> None:
    problem = check_problem(await http.post(f"{PREDICT}?{query}", content=PICTURE), 422, "request-invalid")
    assert [error["field"] for error in problem["errors"]] == [f"query.{query.partition('=')[0]}"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/models/nope/predict", 404, "model-unknown"),
        (f"{PREDICT}?version=9", 404, "version-unknown"),
        ("/v1/models/%252e%252e/predict", 422, "name-invalid"),
        ("/v1/models/tiny%00/predict", 422, "name-invalid"),
        ("/v1/models/t%C3%AFny/predict", 422, "name-invalid"),
        ("/v1/models/tiny-v1/predict", 422, "name-invalid"),
        ("/v1/models/..%2f..%2fetc/predict", 404, "not-found"),
        ("/v1/models//predict", 404, "not-found"),
        (f"{PREDICT}/", 404, "not-found"),
    ],
)
async def test_an_address_of_nothing_is_a_problem(http: httpx.AsyncClient, path: str, status: int, code: str) -> None:
    check_problem(await http.post(path, content=PICTURE), status, code)


async def test_a_wrong_method_is_405_and_names_the_right_one(http: httpx.AsyncClient) -> None:
    answer = await http.get(PREDICT)
    check_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "video/mp4"])
async def test_another_content_type_is_415(http: httpx.AsyncClient, kind: str) -> None:
    answer = await http.post(PREDICT, content=PICTURE, headers={"content-type": kind})
    check_problem(answer, 415, "content-type-unsupported")
    answer = await http.post(BATCH, content=PICTURE, headers={"content-type": kind})
    check_problem(answer, 415, "content-type-unsupported")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
async def test_a_compressed_body_is_415_and_not_unpacked(http: httpx.AsyncClient, encoding: str) -> None:
    answer = await http.post(PREDICT, content=PICTURE, headers={"content-encoding": encoding})
    check_problem(answer, 415, "content-encoding-unsupported")
    assert answer.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("files", [[("picture", PICTURE)], [("file", PICTURE), ("other", b"")]])
async def test_a_part_of_another_name_is_422(http: httpx.AsyncClient, files: list[tuple[str, bytes]]) -> None:
    answer = await http.post(PREDICT, files=files)
    assert check_problem(answer, *((422, "request-invalid") if len(files) == 1 else (413, "too-many-parts")))


PART = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'


async def test_broken_multipart_is_400(http: httpx.AsyncClient) -> None:
    for body in (b"--x", PART + b"x", b"garbage", PART + b"x\r\n--b"):
        answer = await http.post(PREDICT, content=body, headers={"content-type": "multipart/form-data; boundary=b"})
        check_problem(answer, 400, "multipart-invalid")


async def test_a_multipart_without_parts_is_422_with_the_field(http: httpx.AsyncClient) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    for path, field in ((PREDICT, "body.file"), (BATCH, "body.files")):
        problem = check_problem(await http.post(path, content=b"--b--\r\n", headers=headers), 422, "request-invalid")
        assert problem["errors"][0]["field"] == field


async def test_a_batch_answers_each_picture_on_its_line_in_the_order_sent(repository: Path) -> None:
    names = [f"{index}.png" for index in range(8)]
    files = [("files", (name, png((index, 0, 0)))) for index, name in enumerate(names)]
    files[3] = ("files", ("3.png", b"no picture"))
    files[5] = ("files", ("5.png", b"\0" * 5000))
    async with gateway(repository, batch_window=3, max_body_bytes=4000) as http:
        answer = await http.post(BATCH, files=files)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [(line["index"], line["filename"]) for line in lines] == list(enumerate(names))
    assert [line.get("label") for line in lines] == [
        *CIFAR10[:3], None, CIFAR10[4], None, *CIFAR10[6:8]
    ]  # fmt: skip
    assert [lines[bad]["code"] for bad in (3, 5)] == ["picture-unsupported", "part-too-large"]
    assert lines[3]["trace_id"] == answer.headers["x-trace-id"]


async def test_too_many_pictures_are_413(repository: Path) -> None:
    async with gateway(repository, max_parts=2) as http:
        check_problem(await http.post(BATCH, files=[("files", PICTURE)] * 3), 413, "too-many-parts")
        assert (await http.post(BATCH, files=[("files", PICTURE)] * 2)).status_code == 200


async def test_a_bug_in_one_picture_of_a_batch_does_not_fail_the_rest(
    repository: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def odd(data: bytes, *_: object, **__: object) -> Pixels:
        raise LookupError("secret")

    monkeypatch.setattr("gateway.decoding.to_tensor", odd)
    async with gateway(repository) as http:
        answer = await http.post(BATCH, files=[("files", PICTURE)] * 2)
        assert [json.loads(line)["code"] for line in answer.text.splitlines()] == ["internal"] * 2
        check_problem(await http.post(PREDICT, content=PICTURE), 500, "internal")
    assert "LookupError at test_predict.py" in caplog.text
    assert "secret" not in caplog.text + answer.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ModelServerUnavailable(), 503, "model-server-unavailable"),
        (ModelServerTimeout(), 504, "model-server-timeout"),
        (ModelServerFailed(), 502, "model-server-failed"),
    ],
)
async def test_the_model_servers_failure_is_a_problem(
    repository: Path, error: Exception, status: int, code: str
) -> None:
    class Failing(RedServer):
        async def infer(self, *_: object) -> Any:
            raise error

    async with gateway(repository, Failing()) as http:
        answer = await http.post(PREDICT, content=PICTURE)
        check_problem(answer, status, code)
        assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
        ready = await http.get("/health/ready")
        assert (ready.status_code, ready.json()["models"][0]["code"]) == (503, code)


@pytest.mark.parametrize("limit", [{"max_in_flight": 1}, {"max_queue": 1}, {"decode_queue": 1}])
async def test_more_work_than_fits_is_503_with_retry_after_and_the_rest_is_answered(
    repository: Path, limit: dict[str, int]
) -> None:
    server = RedServer()
    server.go.clear()
    async with gateway(repository, server, **limit) as http:
        work = [asyncio.create_task(http.post(PREDICT, content=PICTURE)) for _ in range(20)]
        await soon(lambda: sum(task.done() for task in work) >= 1)
        server.go.set()
        answers = await asyncio.gather(*work)
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) < 20
    for answer in refused:
        check_problem(answer, 503, "overloaded")
        assert answer.headers["retry-after"] == "1"


async def test_too_many_batches_are_503(repository: Path) -> None:
    server = RedServer()
    server.go.clear()
    async with gateway(repository, server, max_batches=1) as http:
        first = asyncio.create_task(http.post(BATCH, files={"files": PICTURE}))
        await soon(lambda: server.sizes)
        check_problem(await http.post(BATCH, files={"files": PICTURE}), 503, "overloaded")
        server.go.set()
        assert (await first).status_code == 200
        assert (await http.post(BATCH, files={"files": PICTURE})).status_code == 200


async def test_decoding_that_takes_too_long_is_503(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    go = threading.Event()
    monkeypatch.setattr("gateway.decoding.to_tensor", lambda *_, **__: go.wait(20))
    async with gateway(repository, decode_timeout_s=0.05) as http:
        check_problem(await http.post(PREDICT, content=PICTURE), 503, "overloaded")
        go.set()


async def test_a_body_that_does_not_arrive_is_408(repository: Path) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield PICTURE[:10]
        await asyncio.sleep(60)

    async with gateway(repository, body_timeout_s=0.05) as http:
        check_problem(await http.post(PREDICT, content=slow()), 408, "body-late")


async def test_pictures_of_concurrent_requests_share_calls(repository: Path) -> None:
    server = RedServer()
    async with gateway(repository, server) as http:
        answers = await asyncio.gather(*(http.post(PREDICT, content=png((index % 10, 0, 0))) for index in range(60)))
    assert [answer.json()["label"] for answer in answers] == [CIFAR10[index % 10] for index in range(60)]
    assert sum(server.sizes) == 60
    assert max(server.sizes) > 1


async def test_a_version_published_later_is_served_without_a_restart(tmp_path: Path) -> None:
    make_version(tmp_path, "tiny", 1)
    async with gateway(tmp_path, refresh_interval_s=0.02) as http:
        assert (await http.post(PREDICT, content=PICTURE)).json()["version"] == 1
        make_version(tmp_path, "tiny", 2)
        async with asyncio.timeout(20):
            versions = {1}
            while 2 not in versions:
                versions.add((await http.post(PREDICT, content=PICTURE)).json()["version"])


async def test_a_callers_trace_id_comes_back(http: httpx.AsyncClient) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = await http.post(PREDICT, content=b"x", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert check_problem(answer, 415, "picture-unsupported")["trace_id"] == trace


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.binary(max_size=400), st.binary(max_size=200).map(lambda tail: JPEG[:200] + tail)),
    st.sampled_from(
        ["image/png", "", "application/json", "multipart/form-data; boundary=b", "multipart/form-data", "\x7f"]
    ),
)
async def test_no_bytes_make_the_gateway_fail(data: bytes, kind: str) -> None:
    async with gateway(FUZZ) as http:
        for path in (PREDICT, BATCH):
            answer = await http.post(path, content=data, headers={"content-type": kind})
            assert answer.status_code < 500, answer.text


FUZZ = Path()


@pytest.fixture(scope="module", autouse=True)
def _fuzzed_repository(repository: Path) -> None:
    global FUZZ  # noqa: PLW0603 - hypothesis and function fixtures don't go together
    FUZZ = repository


async def test_neither_answers_nor_logs_hold_what_was_sent(repository: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    answers = []
    app = create_app(settings(repository), open_model_server=opened(RedServer()))
    async with client(app) as http:
        secret = b"SECRET" * 10
        answers += [await http.post(PREDICT, content=secret)]
        answers += [await http.post(PREDICT, files={"file": ("SECRET.png", secret)})]
        answers += [await http.post(PREDICT, json={"image": "SECRET", "SECRET": "SECRET"})]
        answers += [await http.post(f"{PREDICT}?top_k=SECRET", content=secret)]
        answers += [await http.post("/SECRET", content=secret)]
        answers += [await http.post(BATCH, files={"SECRET": ("SECRET.png", secret)})]
    assert {answer.is_error for answer in answers} == {True}
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    text = "".join([*ours, *(answer.text for answer in answers)])
    assert len(ours) >= len(answers)
    for forbidden in ("SECRET", str(repository), "Traceback", ".py"):
        assert forbidden not in text
