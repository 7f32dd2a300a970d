"""Bringing a graph to the operator set that is served.

ONNX's converter does older sets. For newer ones it lacks much, so what changed since 17 is undone here where a graph
uses no more than the old form, and ONNX's checker decides whether the result is one of the old set. That the answers
stay the same is proved by the conversion gate, as for every conversion.
"""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, helper, numpy_helper

from training.importing.errors import ArtefactUnsupported
from training.importing.graphs import all_graphs
from training.publish.graph import IR_VERSION, OPSET

REDUCTIONS = frozenset(
    f"Reduce{kind}" for kind in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare")
)
"""Since 18 they take their axes as an input; `ReduceSum` did before."""

Constants = dict[str, NDArray[np.generic]]


def to_our_opset(model: ModelProto) -> ModelProto:
    """The model in operator set 17; raises `ArtefactUnsupported` where that can't be."""
    version = max((entry.version for entry in model.opset_import if entry.domain in {"", "ai.onnx"}), default=0)
    if version == OPSET:
        return model
    if version > OPSET and is_valid(lowered := _lower(model)):
        return lowered
    try:
        return onnx.version_converter.convert_version(model, OPSET)
    except Exception as error:
        raise ArtefactUnsupported(
            f"The graph is of operator set {version} and can't be converted to {OPSET}, which all servers know; "
            f"export it with opset_version={OPSET}."
        ) from error


def is_valid(model: ModelProto) -> bool:
    """Whether every node is one of the operator set that the model names."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError):
        return False
    return True


def _lower(model: ModelProto) -> ModelProto:
    old = ModelProto()
    old.CopyFrom(model)
    constants = {name: array for graph in all_graphs(old.graph) for name, array in _constants(graph).items()}
    for graph in all_graphs(old.graph):
        for node in graph.node:
            _lower_node(node, constants)
    del old.opset_import[:]
    old.opset_import.append(helper.make_opsetid("", OPSET))
    old.ir_version = min(old.ir_version, IR_VERSION)
    return old


def _lower_node(node: NodeProto, constants: Constants) -> None:
    if node.op_type in REDUCTIONS and len(node.input) == 2 and node.input[1] in constants:
        axes = constants[node.input[1]].ravel().tolist()
        del node.input[1]
        _drop(node, "noop_with_empty_axes")
        node.attribute.append(helper.make_attribute("axes", axes, attr_type=onnx.AttributeProto.INTS))
    elif node.op_type == "Split":
        # Into equal parts is what the old form does without being told.
        _drop(node, "num_outputs")


def _drop(node: NodeProto, name: str) -> None:
    kept = [attribute for attribute in node.attribute if attribute.name != name]
    del node.attribute[:]
    node.attribute.extend(kept)


def _constants(graph: GraphProto) -> Constants:
    """Small constants only: axes are a few numbers, weights are not."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            tensors[node.output[0]] = node.attribute[0].t
    return {name: numpy_helper.to_array(tensor) for name, tensor in tensors.items() if np.prod(tensor.dims) <= 8}
