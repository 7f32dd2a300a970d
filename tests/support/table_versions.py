"""Version folders of table models made by hand: a real, small ONNX network over four columns of every type."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from contract.card import VersionCard
from contract.columns import Column
from contract.decision import Band, Decision
from contract.digests import folder_digests
from contract.inputs import TableInput
from contract.names import ModelVersion
from contract.repository import CARD, CONFIG, LABELS, ONNX_MODEL
from tests.support.versions import make_card

TABLE_LABELS = ("good", "bad")
SCHEMA = TableInput(
    id="key",
    columns=(
        Column(name="age", type="int", minimum=18, maximum=120),
        Column(name="income", type="float", missing="nan"),
        Column(name="employed", type="bool", missing="default", default=1.0),
        Column(name="purpose", type="category", allowed=("car", "house", "other"), unknown="other"),
    ),
)
DECISION = Decision(
    positive="bad",
    threshold=0.4,
    rule="cost",
    bands=(Band(name="A", below=0.3), Band(name="B", below=0.6), Band(name="C", below=1.0)),
)
WEIGHTS = np.array([-0.02, -0.0005, -0.5, 0.6], np.float32)
BIAS = np.array([2.0], np.float32)
ROW = {"key": "k1", "age": 31, "income": 2400.5, "employed": True, "purpose": "car"}
TABLE_BATCH_SIZE = 64


def make_table_version(
    root: Path,
    model: str = "credit",
    version: int = 1,
    *,
    put: Callable[[Path], object] = lambda _: None,
    **changes: Any,
) -> ModelVersion:
    """Put a version into `root` whose probability of `bad` is `risk` of its features.

    `changes` are of its card, `put` puts more files into its folder.
    """
    name = ModelVersion(model, version)
    folder = root / name.triton_name
    (folder / "1").mkdir(parents=True, exist_ok=True)
    schema: TableInput = changes.get("input", SCHEMA)
    (folder / ONNX_MODEL).write_bytes(table_network(len(schema.columns)).SerializeToString())
    (folder / LABELS).write_text("\n".join(TABLE_LABELS) + "\n")
    (folder / CONFIG).write_text(table_config(name, len(schema.columns)))
    put(folder)
    card = make_card(name, TABLE_LABELS, "onnxruntime", folder_digests(folder, leave_out=frozenset({CARD})))
    given = {
        **card.model_dump(),
        "task": "table-classification",
        "input": schema,
        "decision": DECISION,
        "engine": card.engine.model_copy(update={"max_batch_size": TABLE_BATCH_SIZE}),
        **changes,
    }
    (folder / CARD).write_text(VersionCard.model_validate(given).model_dump_json(indent=2))
    return name


def weights(columns: int) -> NDArray[np.float32]:
    """One weight a column; none for those beyond the first four."""
    return np.concatenate([WEIGHTS, np.zeros(max(0, columns - len(WEIGHTS)), np.float32)])[:columns]


def risk(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the network answers for `bad`, float32 [rows]."""
    logits = np.nan_to_num(features) @ weights(features.shape[1]) + BIAS
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def table_network(columns: int) -> onnx.ModelProto:
    """float32 [batch, columns] → float32 probabilities [batch, 2]; a missing value counts as 0."""
    nodes = [
        helper.make_node("IsNaN", ["features"], ["missing"]),
        helper.make_node("Where", ["missing", "zero", "features"], ["filled"]),
        helper.make_node("MatMul", ["filled", "weights"], ["sum"]),
        helper.make_node("Add", ["sum", "bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["bad"]),
        helper.make_node("Sub", ["one", "bad"], ["good"]),
        helper.make_node("Concat", ["good", "bad"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "table",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", columns])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 2])],
        [
            numpy_helper.from_array(weights(columns)[:, None], "weights"),
            numpy_helper.from_array(BIAS, "bias"),
            numpy_helper.from_array(np.array([0], np.float32), "zero"),
            numpy_helper.from_array(np.array([1], np.float32), "one"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def table_config(name: ModelVersion, columns: int) -> str:
    """A minimal config.pbtxt."""
    return f"""name: "{name.triton_name}"
backend: "onnxruntime"
max_batch_size: {TABLE_BATCH_SIZE}
input {{ name: "features" data_type: TYPE_FP32 dims: [{columns}] }}
output {{ name: "probabilities" data_type: TYPE_FP32 dims: [2] label_filename: "labels.txt" }}
default_model_filename: "model.onnx"
instance_group {{ count: 1 kind: KIND_CPU }}
dynamic_batching {{ }}
"""
