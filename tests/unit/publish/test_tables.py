"""What publishing asks of tables: equal rows, equal decisions, a graph of trees, a configuration of rows."""

import json

import numpy as np
import onnx
import pytest
from google.protobuf import text_format
from onnx import TensorProto, helper
from tritonclient.grpc import model_config_pb2 as pb

from contract.card import Engine, Output
from contract.columns import Column
from contract.decision import Decision
from contract.golden import GoldenExamples
from contract.inputs import TableInput
from contract.names import ModelVersion
from training.publish.config import version_config
from training.publish.errors import GateFailed, GraphUnsupported
from training.publish.gate import CLOSE_DECISION, compare, preprocess
from training.publish.graph import check
from training.publish.judge import Judge

SCHEMA = TableInput(
    columns=(Column(name="age", type="int", missing="nan"), Column(name="kind", type="category", allowed=("a", "b")))
)
OUTPUT = Output(labels=("good", "bad"))
DECISION = Decision(positive="bad", threshold=0.25, rule="cost")
NAN = np.nan


def golden(*rows: dict[str, object], tensors: list[list[float]]) -> GoldenExamples:
    bodies = [json.dumps(row).encode() for row in rows]
    return GoldenExamples(
        bodies, np.array(tensors, np.float32), np.full((len(rows), 2), 0.5, np.float32), ["good"] * len(rows)
    )


def test_missing_values_are_equal_to_missing_values() -> None:
    examples = golden({"age": None, "kind": "a"}, {"age": 3, "kind": "b"}, tensors=[[NAN, 0], [3, 1]])
    np.testing.assert_array_equal(preprocess(examples, SCHEMA), examples.tensors)


@pytest.mark.parametrize("tensors", [[[3, 1], [NAN, 1]], [[NAN, 1], [3, 1]]])
def test_another_tensor_than_in_training_fails(tensors: list[list[float]]) -> None:
    examples = golden({"age": 3, "kind": "b"}, {"age": 3, "kind": "b"}, tensors=tensors)
    with pytest.raises(GateFailed, match="another tensor"):
        preprocess(examples, SCHEMA)


def test_a_row_that_serving_would_refuse_fails() -> None:
    with pytest.raises(GateFailed, match="rule of its column 'kind'"):
        preprocess(golden({"age": 3, "kind": "c"}, tensors=[[3, 2]]), SCHEMA)


def answers(*chances: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array([[1 - chance, chance] for chance in chances], np.float32)


def test_a_decision_may_differ_only_at_its_threshold() -> None:
    judge = Judge(CLOSE_DECISION, OUTPUT.labels, DECISION)
    near = 0.25 - 5e-7
    assert compare(answers(0.25), answers(near), judge) < 1e-6
    with pytest.raises(GateFailed, match="another class"):
        compare(answers(0.25), answers(0.25 - 5e-6), judge)


def test_a_decision_is_about_its_own_label() -> None:
    turned = Decision(positive="good", threshold=0.75, rule="fixed")
    judge = Judge(CLOSE_DECISION, OUTPUT.labels, turned)
    assert judge.answers(answers(0.2, 0.3)).tolist() == [1, 0]
    assert judge.is_clear(answers(0.25, 0.3)).tolist() == [False, True]


def test_without_a_decision_the_most_probable_label_may_differ_only_in_a_tie() -> None:
    judge = Judge(CLOSE_DECISION, OUTPUT.labels)
    assert compare(answers(0.5 + 2e-7), answers(0.5 - 2e-7), judge) < 1e-6
    with pytest.raises(GateFailed, match="another class"):
        compare(answers(0.5 + 1e-5), answers(0.5 - 1e-5), judge)


def trees(ml_opset: int = 3, columns: int = 2) -> onnx.ModelProto:
    """A regressor of one leaf, which has an operator of `ai.onnx.ml`."""
    ensemble = helper.make_node(
        "TreeEnsembleRegressor",
        ["features"],
        ["probabilities"],
        domain="ai.onnx.ml",
        n_targets=2,
        nodes_treeids=[0],
        nodes_nodeids=[0],
        nodes_featureids=[0],
        nodes_modes=["LEAF"],
        nodes_values=[0.0],
        nodes_truenodeids=[0],
        nodes_falsenodeids=[0],
        target_treeids=[0, 0],
        target_nodeids=[0, 0],
        target_ids=[0, 1],
        target_weights=[0.5, 0.5],
    )
    ends = (
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", columns])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 2])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", ml_opset)]
    return helper.make_model(helper.make_graph([ensemble], "trees", *ends), opset_imports=opsets, ir_version=8)


def test_a_graph_of_trees_is_taken() -> None:
    check(trees(), schema=SCHEMA, output=OUTPUT)


def test_newer_trees_and_other_columns_are_refused() -> None:
    for model in (trees(ml_opset=5), trees(columns=3)):
        with pytest.raises(GraphUnsupported):
            check(model, schema=SCHEMA, output=OUTPUT)


def test_the_configuration_takes_rows() -> None:
    engine = Engine(backend="onnxruntime", artefact="1/model.onnx", max_batch_size=8192)
    config = text_format.Parse(version_config(ModelVersion("loans", 1), SCHEMA, OUTPUT, engine), pb.ModelConfig())
    assert [(i.name, i.data_type, list(i.dims)) for i in config.input] == [("features", pb.TYPE_FP32, [2])]
    assert [warmup.batch_size for warmup in config.model_warmup] == [1, 8192]
    assert config.model_warmup[0].inputs["features"].data_type == pb.TYPE_FP32
