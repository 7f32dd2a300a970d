"""Models as people bring them: small ONNX files that Trireme didn't make, and pictures to try them on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

LABELS = ("blue", "green", "red")
COLOURS = {"blue": (20, 30, 220), "green": (30, 210, 20), "red": (230, 20, 30)}
SIZE = 8

Dims = Sequence[int | str | None]


def colour_model(
    *,
    dims: Dims = ("n", 3, SIZE, SIZE),
    dtype: int = TensorProto.FLOAT,
    columns: int = 3,
    end: str | None = None,
    opset: int = 17,
    name: str = "pixels",
    bgr: bool = False,
) -> onnx.ModelProto:
    """Scores the mean of each channel: for [n, 3, h, w] or [n, h, w, 3] numbers, logits or what `end` makes of them.

    One column scores red against the rest.
    """
    channel = list(dims).index(3)
    axes = [axis for axis in (1, 2, 3) if axis != channel]
    weights = np.eye(3, dtype=np.float32)[:, :: 1 if bgr else -1]
    weights = weights[:, -columns:]
    nodes = [helper.make_node("Cast", [name], ["numbers"], to=TensorProto.FLOAT)]
    constants = [numpy_helper.from_array(weights, "weights")]
    if opset < 18:
        nodes.append(helper.make_node("ReduceMean", ["numbers"], ["mean"], axes=axes, keepdims=0))
    else:
        nodes.append(helper.make_node("ReduceMean", ["numbers", "axes"], ["mean"], keepdims=0))
        constants.append(numpy_helper.from_array(np.array(axes), "axes"))
    nodes.append(helper.make_node("MatMul", ["mean", "weights"], ["logits"]))
    if end is not None:
        nodes.append(helper.make_node(end, ["logits"], ["scores"]))
    answer = "logits" if end is None else "scores"
    return model(nodes, constants, given=(name, dtype, dims), answer=(answer, [dims[0], columns]), opset=opset)


def model(
    nodes: Sequence[onnx.NodeProto],
    constants: Sequence[TensorProto],
    *,
    given: tuple[str, int, Dims],
    answer: tuple[str, Dims | None],
    opset: int = 17,
) -> onnx.ModelProto:
    """A model with one input and one output."""
    graph = helper.make_graph(
        list(nodes),
        "foreign",
        [helper.make_tensor_value_info(*given)],
        [helper.make_tensor_value_info(answer[0], TensorProto.FLOAT, answer[1])],
        list(constants),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def write_pictures(root: Path, labels: Sequence[str] = LABELS, each: int = 4) -> Path:
    """Write `<label>/<number>.png`: noisy pictures of one colour each, of several sizes."""
    random = np.random.default_rng(0)
    for label in labels:
        (root / label).mkdir(parents=True)
        for number in range(each):
            size = SIZE * (1 + number % 3)
            noise = random.normal(0, 15, (size, size, 3))
            pixels = (np.array(COLOURS[label]) + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / label / f"{number}.png")
    return root


def pictures(count: int = 5, size: int = SIZE) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Random pictures uint8 [count, size, size, 3]."""
    return np.random.default_rng(1).integers(0, 256, (count, size, size, 3), dtype=np.uint8)
