"""The clients that people have, before a gateway and a real Triton: Triton's own over HTTP, and KServe's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.http as triton_http
from PIL import Image
from tritonclient.utils import InferenceServerException

from contract.names import ModelVersion
from gateway.app import create_app
from modelserver.temporary import TemporaryServer
from tests.support.table_versions import ROW, risk
from tests.support.versions import CIFAR10
from tests.unit.gateway.rig import PREDICT, encode, listening, settings
from tests.unit.open_inference.requests import PICTURES, ROWS


@pytest.fixture(scope="module")
def address(repository: Path, triton: TemporaryServer) -> Iterator[str]:
    given = settings(repository, triton_addresses=(triton.grpc_address,))
    with listening(create_app(given), given) as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture
def client(address: str) -> Iterator[triton_http.InferenceServerClient]:
    with triton_http.InferenceServerClient(address) as client:
        yield client


def given(array: Any, *, as_bytes: bool) -> list[triton_http.InferInput]:
    name, datatype = ("image", "UINT8") if array.dtype == np.uint8 else ("features", "FP32")
    tensor = triton_http.InferInput(name, list(array.shape), datatype)
    return [tensor.set_data_from_numpy(array, binary_data=as_bytes)]


def asked(*, as_bytes: bool, **options: Any) -> list[triton_http.InferRequestedOutput]:
    return [triton_http.InferRequestedOutput("probabilities", binary_data=as_bytes, **options)]


def test_triton_s_client_sees_a_server_and_its_models(client: triton_http.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.get_server_metadata()["name"] == "trireme"
    assert client.is_model_ready("tiny")
    assert client.is_model_ready("tiny", "1")
    assert not client.is_model_ready("tiny", "9")
    assert not client.is_model_ready("nothing")
    metadata = client.get_model_metadata("tiny", "2")
    assert metadata["inputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, 32, 32, 3]}]


@pytest.mark.parametrize("as_bytes", [True, False])
@pytest.mark.parametrize("answer_as_bytes", [True, False])
def test_triton_s_client_gets_what_triton_says(
    client: triton_http.InferenceServerClient, triton: TemporaryServer, *, as_bytes: bool, answer_as_bytes: bool
) -> None:
    for version in (1, 2):
        wanted = triton.infer(ModelVersion("tiny", version), {"image": PICTURES})["probabilities"]
        inputs, outputs = given(PICTURES, as_bytes=as_bytes), asked(as_bytes=answer_as_bytes)
        answer = client.infer("tiny", inputs, str(version), outputs=outputs, request_id="mine")
        np.testing.assert_allclose(answer.as_numpy("probabilities"), wanted, rtol=1e-6)
        found = answer.get_response()
        assert (found["model_name"], found["model_version"], found["id"]) == ("tiny", str(version), "mine")


@pytest.mark.parametrize("as_bytes", [True, False])
def test_a_table_s_missing_values_arrive(client: triton_http.InferenceServerClient, *, as_bytes: bool) -> None:
    answer = client.infer("credit", given(ROWS, as_bytes=as_bytes))
    np.testing.assert_allclose(answer.as_numpy("probabilities")[:, 1], risk(ROWS), rtol=1e-4)


def test_the_answers_are_those_of_v1(client: triton_http.InferenceServerClient, address: str) -> None:
    with httpx.Client(base_url=f"http://{address}", timeout=30) as http:
        picture = http.post(PREDICT, content=encode(Image.fromarray(PICTURES[0])), params={"top_k": 10}).json()
        row = http.post("/v1/models/credit/predict", json={"row": ROW}).json()
    tensors = client.infer("tiny", given(PICTURES[:1], as_bytes=True)).as_numpy("probabilities")[0]
    by_label = {one["label"]: one["probability"] for one in picture["top_k"]}
    np.testing.assert_allclose([by_label[label] for label in CIFAR10], tensors, rtol=1e-6)
    rows = client.infer("credit", given(ROWS[:1], as_bytes=True)).as_numpy("probabilities")[0]
    np.testing.assert_allclose([row["probabilities"]["good"], row["probabilities"]["bad"]], rows, rtol=1e-6)


def test_triton_s_client_shows_our_sentence(client: triton_http.InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException) as caught:
        client.infer("tiny", given(np.zeros((33, 32, 32, 3), np.uint8), as_bytes=True))
    assert (caught.value.status(), caught.value.message()) == ("422", "A batch has from 1 to 32 examples.")
    with pytest.raises(InferenceServerException, match="Classes are not made here"):
        client.infer("tiny", given(PICTURES, as_bytes=True), outputs=asked(as_bytes=True, class_count=3))
    with pytest.raises(InferenceServerException, match="must not be compressed"):
        client.infer("tiny", given(PICTURES, as_bytes=True), request_compression_algorithm="gzip")


def test_triton_s_client_can_manage_nothing(client: triton_http.InferenceServerClient) -> None:
    calls = [
        client.get_model_repository_index,
        lambda: client.load_model("tiny-v1"),
        lambda: client.unload_model("tiny-v1"),
        lambda: client.get_model_config("tiny"),
        client.get_inference_statistics,
        client.get_trace_settings,
        lambda: client.update_log_settings({"log_verbose_level": 9}),
        client.get_system_shared_memory_status,
        lambda: client.register_system_shared_memory("a", "/a", 8),
        client.unregister_cuda_shared_memory,
    ]
    for call in calls:
        with pytest.raises(InferenceServerException) as caught:
            call()
        assert caught.value.status() == "404"
    assert client.is_model_ready("tiny", "1")


def test_kserve_s_client_gets_what_triton_says(address: str, triton: TemporaryServer) -> None:
    found = kserve_s(address)
    wanted = triton.infer(ModelVersion("tiny", 2), {"image": PICTURES})["probabilities"]
    for form in ("json", "bytes"):
        np.testing.assert_allclose(found[form], wanted, rtol=1e-6)
    assert found["id"] == "mine"
    assert (found["live"], found["ready"], found["tiny"], found["nothing"]) == (True, True, True, False)
    assert found["refused"].startswith("There is no model 'nothing'., '404 Not Found'")


def kserve_s(address: str) -> dict[str, Any]:
    """What KServe's client sees; in a process of its own, because its messages have the names of Triton's."""
    program = [sys.executable, "-m", "tests.integration.gateway.kserve_client", f"http://{address}"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
