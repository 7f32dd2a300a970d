"""The served graph and Triton's configuration of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from google.protobuf import text_format
from onnx import helper
from tritonclient.grpc import model_config_pb2 as pb

from contract.card import Engine, Output
from contract.inputs import ImageInput
from contract.names import ModelVersion
from modelserver.config import check_config
from tests.support.versions import CIFAR10, network
from training.publish import graph
from training.publish.config import version_config
from training.publish.errors import ConversionFailed, GraphUnsupported

SCHEMA = ImageInput(height=32, width=32)
OUTPUT = Output(labels=CIFAR10)
ENGINE = Engine(backend="onnxruntime", artefact="1/model.onnx", max_batch_size=16)


def test_a_graph_with_the_card_s_ends_passes() -> None:
    graph.check(network(CIFAR10, seed=0), schema=SCHEMA, output=OUTPUT)


def _newer_opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = graph.OPSET + 1


def _newer_ir(model: onnx.ModelProto) -> None:
    model.ir_version = graph.IR_VERSION + 1


def _foreign_operators(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.example", 1))


def _float_input(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT


def _fixed_batch(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def _other_name(model: onnx.ModelProto) -> None:
    model.graph.output[0].name = "logits"


def _broken_node(model: onnx.ModelProto) -> None:
    model.graph.node[2].input[0] = "nowhere"


@pytest.mark.parametrize(
    "change",
    [_newer_opset, _newer_ir, _foreign_operators, _float_input, _fixed_batch, _other_name, _broken_node],
)
def test_a_graph_that_some_server_could_not_load_is_refused(change: Callable[[onnx.ModelProto], None]) -> None:
    model = network(CIFAR10, seed=0)
    change(model)
    with pytest.raises(GraphUnsupported):
        graph.check(model, schema=SCHEMA, output=OUTPUT)


def test_another_number_of_labels_is_refused() -> None:
    with pytest.raises(GraphUnsupported):
        graph.check(network(CIFAR10, seed=0), schema=SCHEMA, output=Output(labels=("a", "b")))


def test_renaming_the_ends_changes_no_answer() -> None:
    model = network(CIFAR10, seed=0)
    pixels = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    before = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"image": pixels})[0]
    graph._name_ends(model.graph, "pixels", "scores")
    after = onnxruntime.InferenceSession(model.SerializeToString()).run(["scores"], {"pixels": pixels})[0]
    np.testing.assert_array_equal(before, after)


def test_a_name_that_the_graph_uses_inside_is_refused() -> None:
    with pytest.raises(GraphUnsupported, match="collide"):
        graph._name_ends(network(CIFAR10, seed=0).graph, "mean", "probabilities")


def test_a_folder_that_is_no_saved_model_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(ConversionFailed):
        graph.convert(tmp_path, tmp_path / "model.onnx", schema=SCHEMA, output=OUTPUT)
    assert not (tmp_path / "model.onnx").exists()


def test_the_configuration_says_what_the_card_says() -> None:
    text = version_config(ModelVersion("tiny", 3), SCHEMA, OUTPUT, ENGINE)
    config = text_format.Parse(text, pb.ModelConfig())
    assert (config.name, config.backend, config.max_batch_size) == ("tiny-v3", "onnxruntime", 16)
    assert config.default_model_filename == "model.onnx"
    assert [(i.name, i.data_type, list(i.dims)) for i in config.input] == [("image", pb.TYPE_UINT8, [32, 32, 3])]
    assert config.output[0].label_filename == "labels.txt"
    assert config.HasField("dynamic_batching")
    assert [group.count for group in config.instance_group] == [1]
    assert [warmup.batch_size for warmup in config.model_warmup] == [1, 16]


def test_the_model_server_accepts_the_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "tiny-v3"
    folder.mkdir()
    (folder / "config.pbtxt").write_text(version_config(ModelVersion("tiny", 3), SCHEMA, OUTPUT, ENGINE))
    check_config(folder)
