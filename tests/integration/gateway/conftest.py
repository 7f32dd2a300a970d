"""A repository and a real Triton, shared by the tests that don't harm them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from contract.names import ModelVersion
from contract.repository import ONNX_MODEL
from gateway.app import create_app
from modelserver.temporary import TemporaryServer
from tests.support.table_versions import make_table_version
from tests.support.versions import CIFAR10, make_version
from tests.unit.gateway.rig import client, settings

TINY = (ModelVersion("tiny", 1), ModelVersion("tiny", 2))
CREDIT = ModelVersion("credit", 1)


@pytest.fixture(scope="package")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    for name in TINY:
        make_version(root, name.model, name.version)
    make_table_version(root, CREDIT.model, CREDIT.version)
    brittle = make_version(root, "brittle", 1)
    (root / brittle.triton_name / ONNX_MODEL).write_bytes(brittle_network().SerializeToString())
    return root


@pytest.fixture(scope="package")
def triton(repository: Path) -> Iterator[TemporaryServer]:
    with TemporaryServer(repository, [*TINY, CREDIT, ModelVersion("brittle", 1)]) as server:
        yield server


@pytest.fixture
async def http(repository: Path, triton: TemporaryServer) -> AsyncIterator[httpx.AsyncClient]:
    async with client(create_app(settings(repository, triton_addresses=(triton.grpc_address,)))) as http:
        yield http


def brittle_network() -> onnx.ModelProto:
    """Looks a picture's brightest value up in a table that ends at 254, so that a white picture fails its batch."""
    table = np.random.default_rng(0).normal(size=(255, len(CIFAR10))).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["image"], ["values"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["values"], ["brightest"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Cast", ["brightest"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "brittle",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 32, 32, 3])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(CIFAR10)])],
        [numpy_helper.from_array(table, "table")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
