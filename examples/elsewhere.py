"""Train a classifier without Trireme, and save it as ONNX: a stand-in for a model of yours.

    python examples/elsewhere.py pictures elsewhere.onnx

It takes pictures [batch, 3, 16, 16] with numbers from -1 to 1, and answers a logit for each label, sorted by name.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.neural_network import MLPClassifier

SIZE = 16


def main(pictures: Path, target: Path) -> None:
    """Train on `pictures/train` and write the network."""
    files = sorted((pictures / "train").glob("*/*.png"))
    inputs = np.stack([read(path) for path in files])
    network = MLPClassifier((32,), alpha=1.0, max_iter=300, tol=1e-3, random_state=0)
    network.fit(inputs, [path.parent.name for path in files])
    onnx.save(to_onnx(network), target)


def read(path: Path) -> np.ndarray:
    """One picture as 768 numbers from -1 to 1, channel by channel."""
    picture = Image.open(path).convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    return (np.asarray(picture, np.float32).transpose(2, 0, 1).ravel() / 255 - 0.5) / 0.5


def to_onnx(network: MLPClassifier) -> onnx.ModelProto:
    """The network's weights as an ONNX graph."""
    weights = [array for pair in zip(network.coefs_, network.intercepts_, strict=True) for array in pair]
    names = ("weights1", "bias1", "weights2", "bias2")
    nodes = [
        helper.make_node("Flatten", ["pixels"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights1", "bias1"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["active"]),
        helper.make_node("Gemm", ["active", "weights2", "bias2"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "elsewhere",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", len(network.classes_)])],
        [numpy_helper.from_array(w.astype(np.float32), name) for w, name in zip(weights, names, strict=True)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
