"""ONNX Runtime's CUDA and TensorRT providers in the embedded server: `make test-gpu`, on a machine with a GPU."""

from pathlib import Path

import numpy as np
import pytest

from contract.card import Output
from contract.inputs import ImageInput
from contract.repository import CONFIG
from contract.target import read_target
from modelserver.temporary import TemporaryServer
from tests.support.versions import CIFAR10, make_version
from training.engines.kinds import Settings, kind
from training.publish.config import version_config

HERE = read_target()
PICTURES = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", ["cuda", "tensorrt"])
def test_a_gpu_answers_as_the_processor_does(name: str, tmp_path: Path) -> None:
    reason = kind(name).lack(HERE)
    if reason is not None:
        pytest.skip(reason)
    version = make_version(tmp_path)
    with TemporaryServer(tmp_path, [version]) as server:
        expected = server.infer(version, {"image": PICTURES}, ["probabilities"])["probabilities"]
    engine = kind(name).engine(Settings(), HERE)
    text = version_config(version, ImageInput(height=32, width=32), Output(labels=CIFAR10), engine)
    (tmp_path / version.triton_name / CONFIG).write_text(text)
    with TemporaryServer(tmp_path, [version]) as server:
        answers = server.infer(version, {"image": PICTURES}, ["probabilities"])["probabilities"]
    np.testing.assert_allclose(answers, expected, atol=1e-3)
