"""The three backends give the same answers, also for batches that Triton joins from several callers."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from contract.repository import CONFIG, ONNX_MODEL
from modelserver.temporary import TemporaryServer
from tests.integration.modelserver.test_temporary import SETTINGS
from tests.support.versions import make_version

SAVED_MODEL = """
import sys, numpy as np, tensorflow as tf

weights = tf.constant(np.load(sys.argv[1]))

class Tiny(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 32, 32, 3], tf.uint8, name="image")])
    def serve(self, image):
        return {"probabilities": tf.nn.softmax(tf.reduce_mean(tf.cast(image, tf.float32), [1, 2]) @ weights)}

model = Tiny()
tf.saved_model.save(model, sys.argv[2], signatures=model.serve)
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same network for each backend."""
    root = tmp_path_factory.mktemp("repository")
    for backend in ("onnxruntime", "openvino", "tensorflow"):
        make_version(root, backend, backend=backend)
    _save_for_tensorflow(root / "tensorflow-v1")
    return root


def _save_for_tensorflow(folder: Path) -> None:
    (tensor,) = onnx.load(folder / ONNX_MODEL).graph.initializer
    weights = folder / "weights.npy"
    np.save(weights, numpy_helper.to_array(tensor))
    target = folder / "1" / "model.savedmodel"
    subprocess.run([sys.executable, "-c", SAVED_MODEL, str(weights), str(target)], check=True, capture_output=True)
    config = folder / CONFIG
    config.write_text(config.read_text().replace("model.onnx", "model.savedmodel"))


def test_all_backends_answer_alike_to_joined_and_single_requests(repository: Path) -> None:
    pictures = np.random.default_rng(3).integers(0, 256, (48, 32, 32, 3), dtype=np.uint8)
    names = ["onnxruntime-v1", "openvino-v1", "tensorflow-v1"]
    with TemporaryServer(repository, names, settings=SETTINGS) as server, ThreadPoolExecutor(12) as pool:

        def ask(name: str, start: int, count: int) -> np.ndarray:
            return server.infer(name, {"image": pictures[start : start + count]}, ["probabilities"])["probabilities"]

        reference = np.concatenate([ask(names[0], start, 16) for start in range(0, 48, 16)])
        assert np.ptp(reference, axis=0).max() > 0.01, "the pictures get different answers"
        for name in names:
            joined = pool.map(lambda start, name=name: ask(name, start, 2), range(0, 48, 2))
            np.testing.assert_allclose(np.concatenate(list(joined)), reference, atol=1e-5)


@pytest.mark.parametrize(
    ("backend", "parameters"),
    [
        ("onnxruntime", {"intra_op_thread_count": "1", "execution_mode": "1", "enable_mem_arena": "0"}),
        ("openvino", {"INFERENCE_NUM_THREADS": "1", "NUM_STREAMS": "1", "PERFORMANCE_HINT": "throughput"}),
    ],
)
def test_parameters_of_the_official_backends_are_taken(
    tmp_path: Path, backend: str, parameters: dict[str, str]
) -> None:
    name = make_version(tmp_path, backend=backend)
    config = tmp_path / name.triton_name / CONFIG
    given = [
        f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}\n' for key, value in parameters.items()
    ]
    config.write_text(config.read_text() + "".join(given))
    with TemporaryServer(tmp_path, [name], settings=SETTINGS) as server:
        answer = server.infer(name, {"image": np.zeros((3, 32, 32, 3), np.uint8)})["probabilities"]
        np.testing.assert_allclose(answer, np.full((3, 10), 0.1), atol=1e-6)
