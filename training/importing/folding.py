"""Building the preprocessing and the probabilities into an imported graph.

The served graph takes uint8 pictures [batch, height, width, channels] and gives float32 probabilities [batch, labels],
as every published graph does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import ModelProto, TensorProto, helper, numpy_helper

from contract.card import Output
from contract.inputs import ImageInput
from training.importing.answers import Kind
from training.importing.errors import ArtefactUnsupported
from training.importing.graphs import all_graphs, rename
from training.importing.intake import Intake
from training.publish.errors import GraphUnsupported
from training.publish.graph import IR_VERSION, check, drop_unused_domains

OURS = "trireme"
THEIRS = "imported"
ELEMENTS = {"float16": TensorProto.FLOAT16, "float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}


@dataclass(frozen=True)
class Fold:
    """What to build around a graph."""

    intake: Intake
    kind: Kind
    columns: int
    """Numbers that the graph answers for each picture."""
    input: ImageInput
    output: Output


def fold(model: ModelProto, wanted: Fold) -> None:
    """Change a model of our operator set in place.

    Raises `ArtefactUnsupported` where the graph works for one size of batch only, and `GraphUnsupported` where it
    breaks ONNX's rules.
    """
    given, answer = _make_room(model, wanted)
    before, after = Chain(wanted.input.tensor), Chain(answer)
    _prepare(before, wanted.intake)
    before.finish(given)
    _to_probabilities(after, wanted)
    after.finish(wanted.output.tensor)
    _put_around(model.graph, before, after)
    _set_ends(model, wanted)
    model.ir_version = IR_VERSION
    drop_unused_domains(model)
    check(model, schema=wanted.input, output=wanted.output)


class Chain:
    """Nodes of which each takes the one before."""

    def __init__(self, start: str) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[TensorProto] = []
        self.last = start

    def add(self, operator: str, *constants: ArrayLike, **attributes: int | list[int]) -> None:
        """Append a node that takes the last result, then constants."""
        arrays = [np.asarray(constant) for constant in constants]
        self.append(operator, [self.last, *(self._weight(array) for array in arrays)], **attributes)

    def append(self, operator: str, inputs: Sequence[str], **attributes: int | list[int]) -> None:
        """Append a node with these inputs."""
        result = f"{OURS}/{self.nodes[0].input[0] if self.nodes else self.last}/{len(self.nodes)}-{operator}"
        self.nodes.append(helper.make_node(operator, inputs, [result], result))
        self.nodes[-1].attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self.last = result

    def finish(self, name: str) -> None:
        """Call the last result `name`."""
        self.nodes[-1].output[0] = name

    def _weight(self, array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
        name = f"{OURS}/{self.last}/weight-{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name


def _make_room(model: ModelProto, wanted: Fold) -> tuple[str, str]:
    """Take our names out of the graph's use; gives what its input and its answer are called now."""
    taken = {wanted.input.tensor, wanted.output.tensor}
    names = {name: f"{THEIRS}/{name}" for name in taken}
    rename(model.graph, names)
    # Shapes inside the graph may hold the fixed batch; they are inferred anew where they are needed.
    for graph in all_graphs(model.graph):
        del graph.value_info[:]
    given, answer = wanted.intake.tensor, wanted.intake.answer
    return names.get(given, given), names.get(answer, answer)


def _prepare(chain: Chain, intake: Intake) -> None:
    if intake.reverse:
        chain.add("Gather", np.array([2, 1, 0], np.int64), axis=3)
    if intake.dtype != "uint8":
        chain.add("Cast", to=TensorProto.FLOAT)
        chain.add("Mul", np.float32(intake.scale))
        chain.add("Sub", np.asarray(intake.mean, np.float32))
        chain.add("Div", np.asarray(intake.std, np.float32))
    if intake.layout == "nchw":
        chain.add("Transpose", perm=[0, 3, 1, 2])
    if intake.dtype in {"float16", "float64"}:
        chain.add("Cast", to=ELEMENTS[intake.dtype])
    if not chain.nodes:
        chain.add("Identity")


def _to_probabilities(chain: Chain, wanted: Fold) -> None:
    chain.add("Reshape", np.array([-1, wanted.columns], np.int64))
    chain.add("Cast", to=TensorProto.FLOAT)
    if wanted.columns > 1:
        if wanted.kind == "logits":
            chain.add("Softmax", axis=1)
        return
    if wanted.kind == "logits":
        chain.add("Sigmoid")
    second = chain.last
    chain.add("Neg")
    chain.add("Add", np.float32(1))
    chain.append("Concat", [chain.last, second], axis=1)


def _put_around(graph: onnx.GraphProto, before: Chain, after: Chain) -> None:
    theirs = list(graph.node)
    del graph.node[:]
    graph.node.extend([*before.nodes, *theirs, *after.nodes])
    graph.initializer.extend([*before.weights, *after.weights])


def _set_ends(model: ModelProto, wanted: Fold) -> None:
    graph = model.graph
    del graph.input[:], graph.output[:]
    pictures = ("batch", *wanted.input.shape)
    graph.input.append(helper.make_tensor_value_info(wanted.input.tensor, TensorProto.UINT8, pictures))
    graph.output.append(helper.make_tensor_value_info(wanted.output.tensor, TensorProto.FLOAT, None))
    if _inferred_batch(model) is not None:
        raise ArtefactUnsupported(
            "The graph works for one size of batch only, even where the input allows others; export it with a dynamic "
            "batch dimension."
        )
    del graph.output[:]
    answers = ("batch", len(wanted.output.labels))
    graph.output.append(helper.make_tensor_value_info(wanted.output.tensor, TensorProto.FLOAT, answers))


def _inferred_batch(model: ModelProto) -> int | None:
    try:
        inferred = onnx.shape_inference.infer_shapes(model)
    except onnx.shape_inference.InferenceError as error:
        raise GraphUnsupported("The graph breaks ONNX's own rules.") from error
    sizes = inferred.graph.output[0].type.tensor_type.shape.dim
    return sizes[0].dim_value if sizes and sizes[0].HasField("dim_value") else None
