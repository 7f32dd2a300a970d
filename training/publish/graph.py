"""From a SavedModel to the ONNX graph that is served."""

import os
import subprocess
import sys
from pathlib import Path

import onnx

from contract.card import Output
from contract.inputs import ImageInput, Input
from contract.triton import IR_VERSION, ML_OPSET, OPSET
from training.publish.errors import ConversionFailed, GraphUnsupported

__all__ = ["IR_VERSION", "OPSET", "check", "convert"]

_FAILED_TAIL = 400
TYPES = {"image": onnx.TensorProto.UINT8, "table": onnx.TensorProto.FLOAT}
"""Of the input tensor, by the kind of input."""


def convert(saved_model: Path, target: Path, *, schema: ImageInput, output: Output) -> None:
    """Convert the `serve` signature with tf2onnx and name the graph's ends as the card does.

    Raises:
        ConversionFailed: tf2onnx refused the graph.
        GraphUnsupported: the result has other ends than one uint8 input and one float32 output, or is too new.
    """
    run_tf2onnx(saved_model, target)
    model = onnx.load(target)
    model.ir_version = IR_VERSION
    drop_unused_domains(model)
    _name_ends(model.graph, schema.tensor, output.tensor)
    check(model, schema=schema, output=output)
    onnx.save(model, target)


def check(model: onnx.ModelProto, *, schema: Input, output: Output) -> None:
    """Raise `GraphUnsupported` unless the graph is valid, old enough and has the ends that the card promises."""
    opsets = {entry.domain or "ai.onnx": entry.version for entry in model.opset_import}
    known = {"ai.onnx": OPSET} if schema.kind == "image" else {"ai.onnx": OPSET, "ai.onnx.ml": ML_OPSET}
    too_new = [domain for domain, version in opsets.items() if version > known.get(domain, 0)]
    if too_new or opsets.get("ai.onnx") != OPSET or model.ir_version > IR_VERSION:
        raise GraphUnsupported(
            f"The graph needs {opsets} in IR {model.ir_version}; pinned are {known} and {IR_VERSION}."
        )
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise GraphUnsupported("The graph breaks ONNX's own rules.") from error
    wanted = (
        (schema.tensor, TYPES[schema.kind], (None, *schema.shape)),
        (output.tensor, onnx.TensorProto.FLOAT, (None, len(output.labels))),
    )
    found = tuple(_end(value) for value in (*model.graph.input, *model.graph.output))
    if found != wanted:
        raise GraphUnsupported(f"The graph's ends are {found}, the card's {wanted}.")


def run_tf2onnx(saved_model: Path, target: Path, *, signature: str | None = None, timeout: float | None = None) -> None:
    """Convert one signature of a SavedModel, by default the one that tf2onnx chooses, within `timeout` seconds.

    Raises `ConversionFailed`.
    """
    # A process of its own: tf2onnx changes TensorFlow's global state, and its memory goes back at once. A SavedModel
    # needs no Keras, whose import would take a third of its time.
    arguments = ["--saved-model", str(saved_model), "--tag", "serve", "--opset", str(OPSET), "--output", str(target)]
    arguments += [] if signature is None else ["--signature_def", signature]
    command = [sys.executable, "-m", "tf2onnx.convert", *arguments]
    environment = {**os.environ, "TF_USE_LEGACY_KERAS": "1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout, env=environment)
    except subprocess.TimeoutExpired as error:
        raise ConversionFailed(f"tf2onnx did not finish within {timeout:.0f} seconds.") from error
    if done.returncode != 0:
        raise ConversionFailed(f"tf2onnx refused the SavedModel: {done.stderr.strip()[-_FAILED_TAIL:]}")


def drop_unused_domains(model: onnx.ModelProto) -> None:
    """Forget the operator sets that no node is of; tf2onnx imports `ai.onnx.ml` into every graph."""
    used = {"", *(node.domain for node in model.graph.node)}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def _name_ends(graph: onnx.GraphProto, input_name: str, output_name: str) -> None:
    if len(graph.input) != 1 or len(graph.output) != 1:
        raise GraphUnsupported(
            f"The graph has {len(graph.input)} inputs and {len(graph.output)} outputs, not one each."
        )
    renamed = {graph.input[0].name: input_name, graph.output[0].name: output_name}
    inner = {name for node in graph.node for name in node.output} - renamed.keys()
    if inner & set(renamed.values()):
        raise GraphUnsupported(f"Names inside the graph collide with {input_name!r} or {output_name!r}.")
    graph.input[0].name, graph.output[0].name = input_name, output_name
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]


def _end(value: onnx.ValueInfoProto) -> tuple[str, int, tuple[int | None, ...]]:
    tensor = value.type.tensor_type
    sizes = [size.dim_value if size.HasField("dim_value") else None for size in tensor.shape.dim]
    return value.name, tensor.elem_type, tuple(sizes)
