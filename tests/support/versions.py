"""Version folders made by hand, in milliseconds and without TensorFlow: a real, small ONNX network."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from contract.card import Engine, Gate, Lineage, Output, VersionCard
from contract.digests import folder_digests
from contract.inputs import ImageInput
from contract.metrics import ClassScores, Evaluation, Scores
from contract.names import ModelVersion
from contract.repository import CARD, CONFIG, LABELS, ONNX_MODEL

CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MAX_BATCH_SIZE = 32


def make_version(
    root: Path,
    model: str = "tiny",
    version: int = 1,
    *,
    labels: tuple[str, ...] = CIFAR10,
    backend: str = "onnxruntime",
) -> ModelVersion:
    """Put a version into `root` whose answer is softmax(mean colour × random weights seeded by the version)."""
    name = ModelVersion(model, version)
    folder = root / name.triton_name
    (folder / "1").mkdir(parents=True)
    (folder / ONNX_MODEL).write_bytes(network(labels, seed=version).SerializeToString())
    (folder / LABELS).write_text("\n".join(labels) + "\n")
    (folder / CONFIG).write_text(config(name, len(labels), backend))
    card = make_card(name, labels, backend, folder_digests(folder))
    (folder / CARD).write_text(card.model_dump_json(indent=2))
    return name


def network(labels: tuple[str, ...], seed: int) -> onnx.ModelProto:
    """uint8 [batch, 32, 32, 3] → float32 probabilities [batch, labels]."""
    weights = np.random.default_rng(seed).normal(0, 0.05, (3, len(labels))).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 32, 32, 3])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(labels)])],
        [numpy_helper.from_array(weights, "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def config(name: ModelVersion, labels: int, backend: str) -> str:
    """A minimal config.pbtxt; the project's own is made by `training.publish`."""
    return f"""name: "{name.triton_name}"
backend: "{backend}"
max_batch_size: {MAX_BATCH_SIZE}
input {{ name: "image" data_type: TYPE_UINT8 dims: [32, 32, 3] }}
output {{ name: "probabilities" data_type: TYPE_FP32 dims: [{labels}] label_filename: "labels.txt" }}
default_model_filename: "model.onnx"
instance_group {{ count: 1 kind: KIND_CPU }}
dynamic_batching {{ }}
"""


def make_card(name: ModelVersion, labels: tuple[str, ...], backend: str, files: dict[str, str]) -> VersionCard:
    """A card whose metrics are those of a perfect classifier of one example a class."""
    perfect = Scores(precision=1, recall=1, f1=1)
    size = len(labels)
    return VersionCard.model_validate(
        {
            "model": name.model,
            "version": name.version,
            "created": datetime(2026, 1, 1, tzinfo=UTC),
            "task": "image-classification",
            "input": ImageInput(height=32, width=32),
            "output": Output(labels=labels),
            "engine": Engine(
                backend=backend,
                artefact=ONNX_MODEL,
                opset=17,
                ir_version=8,
                max_batch_size=MAX_BATCH_SIZE,
            ),
            "metrics": Evaluation(
                split="test",
                examples=size,
                accuracy=1,
                macro=perfect,
                weighted=perfect,
                roc_auc=1,
                classes=tuple(
                    ClassScores(label=label, support=1, roc_auc=1, precision=1, recall=1, f1=1) for label in labels
                ),
                confusion=tuple(tuple(int(i == j) for j in range(size)) for i in range(size)),
            ),
            "gates": (Gate(name="conversion", passed=True, examples=1, server="none", measured={}, limits={}),),
            "lineage": Lineage(
                data={}, source="made by hand", code="0", libraries={}, machine="test", run="test", parameters={}
            ),
            "files": files,
        }
    )
