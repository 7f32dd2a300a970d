"""The Open Inference Protocol's addresses: what they answer, and every way to be refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from contract.card import VersionCard
from contract.inputs import ImageInput
from gateway.errors import ModelServerUnavailable
from gateway.inference import Probabilities, Tensor
from gateway.open_inference.body import HEADER_LENGTH
from tests.support.table_versions import make_table_version, risk
from tests.support.versions import CIFAR10, MAX_BATCH_SIZE, make_version
from tests.unit.gateway.rig import RedServer, gateway, soon
from tests.unit.gateway.table_rig import RiskServer
from tests.unit.open_inference.requests import PICTURES, ROWS, binary, flat, nested, tensor

TINY = "/v2/models/tiny/infer"
CREDIT = "/v2/models/credit/infer"


class BothServer(RedServer):
    """A model server for pictures and for tables."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = RiskServer()
        self.is_away = False

    async def infer(self, card: VersionCard, tensors: Sequence[Tensor], timeout_s: float, /) -> Probabilities:
        if self.is_away:
            raise ModelServerUnavailable
        if isinstance(card.input, ImageInput):
            return await super().infer(card, tensors, timeout_s)
        return await self.tables.infer(card, tensors, timeout_s)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_version(root, "tiny", 1)
    make_version(root, "tiny", 2)
    make_table_version(root, "credit", 3)
    return root


@pytest.fixture
def server() -> BothServer:
    return BothServer()


@pytest.fixture
async def http(repository: Path, server: BothServer) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway(repository, server) as http:
        yield http


def check_error(answer: httpx.Response, status: int, code: str) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    error = answer.json()
    assert (error["status"], error["code"], error["error"]) == (status, code, error["detail"])
    assert error["trace_id"] == answer.headers["x-trace-id"]
    return str(error["error"])


def probabilities(answer: httpx.Response) -> list[list[float]]:
    assert answer.status_code == 200, answer.text
    (output,) = answer.json()["outputs"]
    found: list[list[float]] = np.array(output["data"]).reshape(output["shape"]).tolist()
    return found


async def test_the_server_says_what_it_is_and_that_it_lives(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v2")).json()["extensions"] == ["binary_tensor_data"]
    assert (await http.get("/v2/health/live")).json() == {"live": True}
    assert (await http.get("/v2/health/ready")).json() == {"ready": True}


async def test_metadata_name_the_tensors_of_the_card(http: httpx.AsyncClient) -> None:
    tiny = (await http.get("/v2/models/tiny")).json()
    assert (tiny["name"], tiny["versions"], tiny["platform"]) == ("tiny", ["1", "2"], "onnxruntime_onnx")
    assert tiny["inputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, 32, 32, 3]}]
    assert tiny["outputs"] == [{"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]}]
    credit = (await http.get("/v2/models/credit/versions/3")).json()
    assert credit["inputs"] == [{"name": "features", "datatype": "FP32", "shape": [-1, 4]}]


async def test_a_model_is_ready_when_it_answers_and_many_who_ask_cause_one_inference(
    repository: Path, server: BothServer
) -> None:
    async with gateway(repository, server, ready_cache_s=600) as http:
        answer = await http.get("/v2/models/tiny/versions/1/ready")
        assert answer.json() == {"name": "tiny", "version": "1", "ready": True}
        answers = await asyncio.gather(*(http.get("/v2/models/tiny/ready") for _ in range(10)))
    assert [answer.json()["version"] for answer in answers] == ["2"] * 10
    assert server.sizes == [1, 1]


async def test_a_model_that_does_not_answer_is_not_ready(repository: Path, server: BothServer) -> None:
    server.is_away = True
    async with gateway(repository, server, ready_cache_s=0.001) as http:
        check_error(await http.get("/v2/models/tiny/ready"), 503, "model-server-unavailable")
        check_error(await http.get("/v2/health/ready"), 503, "not-ready")
        server.is_away = False
        assert (await http.get("/v2/models/tiny/ready")).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v2/models/nothing", 404, "model-unknown"),
        ("/v2/models/tiny/versions/9", 404, "version-unknown"),
        ("/v2/models/tiny/versions/9/ready", 404, "version-unknown"),
        ("/v2/models/tiny/versions/0", 422, "request-invalid"),
        ("/v2/models/tiny/versions/x/ready", 422, "request-invalid"),
        ("/v2/models/tiny-v1", 422, "name-invalid"),
        ("/v2/models/..%2f..%2fetc", 404, "not-found"),
        ("/v2/", 404, "not-found"),
    ],
)
async def test_what_is_not_there_has_an_error_in_the_protocol_s_form(
    http: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    check_error(await http.get(path), status, code)


MANAGEMENT = [
    ("POST", "/v2/repository/index"),
    ("POST", "/v2/repository/models/tiny/load"),
    ("POST", "/v2/repository/models/tiny/unload"),
    ("POST", "/v2/models/tiny/load"),
    ("GET", "/v2/models/tiny/config"),
    ("GET", "/v2/models/tiny/versions/1/config"),
    ("GET", "/v2/models/tiny/stats"),
    ("GET", "/v2/models/tiny/versions/1/stats"),
    ("GET", "/v2/systemsharedmemory/status"),
    ("POST", "/v2/systemsharedmemory/region/a/register"),
    ("POST", "/v2/cudasharedmemory/region/a/register"),
    ("POST", "/v2/cudasharedmemory/unregister"),
    ("GET", "/v2/trace/setting"),
    ("POST", "/v2/models/tiny/trace/setting"),
    ("POST", "/v2/logging"),
    ("POST", "/v2/models/tiny/generate"),
]


@pytest.mark.parametrize(("method", "path"), MANAGEMENT)
async def test_management_does_not_exist(http: httpx.AsyncClient, server: BothServer, method: str, path: str) -> None:
    answer = await http.request(method, path, json={})
    check_error(answer, 404, "not-found")
    assert server.sizes == []


@pytest.mark.parametrize("form", [flat, nested])
async def test_pictures_as_json_are_answered_in_order(http: httpx.AsyncClient, form: Any) -> None:
    answer = await http.post(TINY, content=form(PICTURES, id="mine"), headers={"Content-Type": "application/json"})
    assert probabilities(answer) == np.eye(10)[PICTURES[:, 0, 0, 0]].tolist()
    found = answer.json()
    assert (found["model_name"], found["model_version"], found["id"]) == ("tiny", "2", "mine")


@pytest.mark.parametrize("form", [flat, nested])
async def test_rows_as_json_are_answered_in_order(http: httpx.AsyncClient, form: Any) -> None:
    answer = await http.post("/v2/models/credit/versions/3/infer", content=form(ROWS))
    np.testing.assert_allclose(np.array(probabilities(answer))[:, 1], risk(ROWS), rtol=1e-6)


async def test_a_missing_value_may_be_null(http: httpx.AsyncClient) -> None:
    answer = await http.post(CREDIT, content=flat(ROWS).replace(b"NaN", b"null"))
    np.testing.assert_allclose(np.array(probabilities(answer))[:, 1], risk(ROWS), rtol=1e-6)


@pytest.mark.parametrize(("path", "array"), [(TINY, PICTURES), (CREDIT, ROWS)])
async def test_bytes_are_answered_as_json_is(http: httpx.AsyncClient, path: str, array: Any) -> None:
    content, headers = binary(array)
    as_bytes = probabilities(await http.post(path, content=content, headers=headers))
    assert as_bytes == probabilities(await http.post(path, content=flat(array)))


@pytest.mark.parametrize(
    "asked",
    [
        {"parameters": {"binary_data_output": True}},
        {"outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}]},
    ],
)
async def test_the_answer_is_bytes_where_asked_for(http: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    answer = await http.post(CREDIT, content=flat(ROWS, **asked))
    assert answer.headers["content-type"] == "application/octet-stream"
    length = int(answer.headers[HEADER_LENGTH])
    (output,) = json.loads(answer.content[:length])["outputs"]
    assert output["parameters"] == {"binary_data_size": len(answer.content) - length}
    found = np.frombuffer(answer.content[length:], "<f4").reshape(output["shape"])
    np.testing.assert_allclose(found[:, 1], risk(ROWS), rtol=1e-6)


async def test_an_output_s_own_wish_counts_more_than_the_request_s(http: httpx.AsyncClient) -> None:
    outputs = [{"name": "probabilities", "parameters": {"binary_data": False}}]
    answer = await http.post(CREDIT, content=flat(ROWS, outputs=outputs, parameters={"binary_data_output": True}))
    assert answer.headers["content-type"] == "application/json"


async def test_predictions_ids_are_told_where_asked_for(http: httpx.AsyncClient) -> None:
    answer = await http.post(CREDIT, content=flat(ROWS, parameters={"prediction_ids": True}))
    assert len(set(answer.json()["parameters"]["prediction_ids"].split())) == len(ROWS)
    assert "parameters" not in (await http.post(CREDIT, content=flat(ROWS))).json()


async def test_tensors_share_calls_with_pictures_of_other_requests(repository: Path, server: BothServer) -> None:
    server.go.clear()
    async with gateway(repository, server) as http:
        first = asyncio.create_task(http.post(TINY, content=flat(PICTURES[:1])))
        await soon(lambda: server.sizes)
        others = [asyncio.create_task(http.post(TINY, content=flat(PICTURES))) for _ in range(3)]
        in_flight = 'trireme_gateway_pictures_in_flight{model="tiny",version="2"} 10.0'
        text = ""
        while in_flight not in text:
            await asyncio.sleep(0.01)
            text = (await http.get("/metrics")).text
        server.go.set()
        answers = await asyncio.gather(first, *others)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert server.sizes == [1, 9]


async def test_predictions_are_counted_by_label(http: httpx.AsyncClient) -> None:
    await http.post(TINY, content=flat(np.full_like(PICTURES, 4)))
    text = (await http.get("/metrics")).text
    assert f'trireme_gateway_predictions_total{{label="{CIFAR10[4]}",model="tiny",version="2"}} 3.0' in text
    assert 'trireme_gateway_requests_total{method="POST",route="/v2/models/{model}/infer",status="200"} 1.0' in text
    assert 'trireme_gateway_slo_requests_total{good="true",model="tiny",slo="availability"} 1.0' in text


def wrong(**changes: Any) -> bytes:
    return json.dumps({"inputs": [tensor(ROWS, **{"data": ROWS.tolist(), **changes})]}).encode()


ROW = [31.0, 2400.5, 1.0, 0.0]


def one(*row: Any) -> bytes:
    return json.dumps({"inputs": [tensor(ROWS[:1], data=list(row))]}).encode()


REFUSED = {
    "no document": (b"", 400, "body-empty"),
    "no JSON": (b"nonsense", 422, "json-invalid"),
    "a key twice": (b'{"inputs": [], "inputs": []}', 422, "json-invalid"),
    "no inputs": (b"{}", 422, "request-invalid"),
    "an empty list": (b'{"inputs": []}', 422, "request-invalid"),
    "a list": (b"[]", 422, "request-invalid"),
    "two inputs": (json.dumps({"inputs": [tensor(ROWS), tensor(ROWS)]}).encode(), 422, "tensor-invalid"),
    "another name": (wrong(name="image"), 422, "tensor-invalid"),
    "another datatype": (wrong(datatype="FP64"), 422, "tensor-invalid"),
    "another width": (wrong(shape=[3, 5]), 422, "tensor-invalid"),
    "no batch": (wrong(shape=[12]), 422, "tensor-invalid"),
    "an empty batch": (wrong(shape=[0, 4], data=[]), 422, "tensor-invalid"),
    "too large a batch": (wrong(shape=[65, 4]), 422, "tensor-invalid"),
    "a negative shape": (wrong(shape=[-1, 4]), 422, "request-invalid"),
    "a fractional shape": (wrong(shape=[3.5, 4]), 422, "request-invalid"),
    "too few values": (wrong(shape=[4, 4]), 422, "tensor-invalid"),
    "no data": (json.dumps({"inputs": [tensor(ROWS)]}).encode(), 422, "tensor-invalid"),
    "a size, and nothing after": (
        json.dumps({"inputs": [tensor(ROWS, parameters={"binary_data_size": 48})]}).encode(),
        422,
        "tensor-invalid",
    ),
    "ragged rows": (one([31, 1, 1], [0]), 422, "tensor-invalid"),
    "deeper than its shape": (one([[31], [2], [1], [0]]), 422, "tensor-invalid"),
    "a text": (one("31", 2400.5, 1, 0), 422, "tensor-invalid"),
    "a truth value": (one(31, 2400.5, True, 0), 422, "tensor-invalid"),
    "a missing value": (one(None, 2400.5, 1, 0), 422, "tensor-invalid"),
    "infinity": (one(31, float("inf"), 1, 0), 422, "tensor-invalid"),
    "beyond float32": (one(31, 1e300, 1, 0), 422, "tensor-invalid"),
    "beyond any float": (one(31, 10**350, 1, 0), 422, "tensor-invalid"),
    "out of range": (one(17, 2400.5, 1, 0), 422, "tensor-invalid"),
    "not whole": (one(31.5, 2400.5, 1, 0), 422, "tensor-invalid"),
    "an unknown category": (one(31, 2400.5, 1, 4), 422, "tensor-invalid"),
    "another output": (flat(ROWS, outputs=[{"name": "logits"}]), 422, "tensor-invalid"),
    "an output twice": (flat(ROWS, outputs=[{"name": "probabilities"}] * 2), 422, "tensor-invalid"),
    "a wish that is none": (flat(ROWS, parameters={"binary_data_output": "yes"}), 422, "request-invalid"),
    "classes": (
        flat(ROWS, outputs=[{"name": "probabilities", "parameters": {"classification": 2}}]),
        422,
        "extension-unsupported",
    ),
    "shared memory": (wrong(parameters={"shared_memory_region": "r"}), 422, "extension-unsupported"),
    "a sequence": (flat(ROWS, parameters={"sequence_id": 7}), 422, "extension-unsupported"),
    "many parameters": (flat(ROWS, parameters={str(n): n for n in range(65)}), 422, "request-invalid"),
    "a nested parameter": (flat(ROWS, parameters={"a": {}}), 422, "request-invalid"),
    "a long id": (flat(ROWS, id="x" * 257), 422, "request-invalid"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_does_not_fit_is_refused_before_the_model_server_sees_it(
    http: httpx.AsyncClient, server: BothServer, name: str
) -> None:
    content, status, code = REFUSED[name]
    sentence = check_error(await http.post(CREDIT, content=content), status, code)
    assert sentence
    assert server.tables.sizes == []


async def test_a_wrong_value_s_place_is_told(http: httpx.AsyncClient) -> None:
    rows = ROWS.copy()
    rows[2, 0] = 121
    sentence = check_error(await http.post(CREDIT, content=flat(rows)), 422, "tensor-invalid")
    assert sentence == "Row 2, column 'age': the number is out of range."


@pytest.mark.parametrize("value", [256, -1, 1.0, None, "1", True])
async def test_a_picture_s_values_are_whole_numbers_of_a_byte(http: httpx.AsyncClient, value: object) -> None:
    data = [*PICTURES[0].ravel().tolist()[1:], value]
    content = json.dumps({"inputs": [tensor(PICTURES[:1], data=data)]}).encode()
    check_error(await http.post(TINY, content=content), 422, "tensor-invalid")


async def test_more_pictures_than_a_batch_takes_are_refused(http: httpx.AsyncClient) -> None:
    content, headers = binary(np.zeros((MAX_BATCH_SIZE + 1, 32, 32, 3), np.uint8))
    sentence = check_error(await http.post(TINY, content=content, headers=headers), 422, "tensor-invalid")
    assert sentence == "A batch has from 1 to 32 examples."


@pytest.mark.parametrize("length", ["", "x", "0", "-1", "+5", "99999", "1e1", "\u0662", "9" * 5000])
async def test_a_wrong_header_length_is_refused(http: httpx.AsyncClient, length: str) -> None:
    content, _ = binary(ROWS)
    headers = {HEADER_LENGTH.encode(): length.encode()}
    check_error(await http.post(CREDIT, content=content, headers=headers), 400, "inference-header-invalid")


@pytest.mark.parametrize("cut", [-1, 1])
async def test_a_byte_too_few_or_too_many_is_refused(http: httpx.AsyncClient, cut: int) -> None:
    content, headers = binary(ROWS)
    content = content[:cut] if cut < 0 else content + b"\0"
    check_error(await http.post(CREDIT, content=content, headers=headers), 422, "tensor-invalid")


async def test_bytes_that_belong_to_no_tensor_are_refused(http: httpx.AsyncClient) -> None:
    document = flat(ROWS)
    headers = {HEADER_LENGTH: str(len(document))}
    check_error(await http.post(CREDIT, content=document + b"\0", headers=headers), 422, "tensor-invalid")


async def test_a_compressed_body_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(CREDIT, content=flat(ROWS), headers={"Content-Encoding": "gzip"})
    check_error(answer, 415, "content-encoding-unsupported")


async def test_another_content_type_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(CREDIT, content=flat(ROWS), headers={"Content-Type": "text/csv"})
    check_error(answer, 415, "content-type-unsupported")


async def test_json_has_the_limit_of_a_body_and_bytes_that_of_a_batch(repository: Path) -> None:
    content, headers = binary(PICTURES)
    async with gateway(repository, BothServer(), max_body_bytes=1000, max_batch_bytes=len(content)) as http:
        assert (await http.post(TINY, content=content, headers=headers)).status_code == 200
        check_error(await http.post(TINY, content=content + b"\0", headers=headers), 413, "body-too-large")
        check_error(await http.post(TINY, content=flat(PICTURES[:1])), 413, "body-too-large")


async def test_a_request_has_no_more_rows_or_pictures_than_elsewhere(repository: Path) -> None:
    async with gateway(repository, BothServer(), max_rows=2, max_parts=2) as http:
        check_error(await http.post(CREDIT, content=flat(ROWS)), 413, "too-many-rows")
        check_error(await http.post(TINY, content=flat(PICTURES)), 413, "too-many-parts")
        assert (await http.post(TINY, content=flat(PICTURES[:2]))).status_code == 200


async def test_a_caller_s_deadline_ends_the_wait(repository: Path) -> None:
    server = BothServer()
    server.go.clear()
    async with gateway(repository, server) as http:
        answer = await http.post(TINY, content=flat(PICTURES), headers={"X-Request-Timeout": "0.05"})
        check_error(answer, 504, "deadline-passed")
        await soon(lambda: server.cancelled)


async def test_a_version_that_is_not_served_does_not_answer(http: httpx.AsyncClient) -> None:
    check_error(await http.post("/v2/models/tiny/versions/7/infer", content=flat(PICTURES)), 404, "version-unknown")


async def test_a_full_gateway_refuses_tensors_as_pictures(repository: Path) -> None:
    server = BothServer()
    server.go.clear()
    async with gateway(repository, server, max_in_flight=1) as http:
        first = asyncio.create_task(http.post(TINY, content=flat(PICTURES)))
        await soon(lambda: server.sizes)
        answer = await http.post(TINY, content=flat(PICTURES))
        check_error(answer, 503, "overloaded")
        assert answer.headers["retry-after"]
        server.go.set()
        assert (await first).status_code == 200


async def test_every_error_of_an_inference_is_described(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    operation = document["paths"]["/v2/models/{model}/infer"]["post"]
    assert {"200", "400", "404", "408", "413", "415", "422", "502", "503", "504"} <= operation["responses"].keys()
    (schema,) = operation["responses"]["422"]["content"].items()
    assert schema == ("application/json", {"schema": {"$ref": "#/components/schemas/OpenInferenceProblem"}})
    assert "$defs" not in json.dumps(document)
