"""What the backends do with requests: joined, split, skipped; each error is one request's own."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import triton_python_backend_utils as triton
from onnx.reference import ReferenceEvaluator

from modelserver.backends.base import Backend, Feeds
from modelserver.backends.batch import Batch
from modelserver.backends.onnxruntime.model import TritonPythonModel as OnnxRuntime
from modelserver.backends.openvino.model import TritonPythonModel as OpenVino
from modelserver.backends.parameters import Parameters
from modelserver.backends.tensors import Tensor
from tests.support.versions import CIFAR10, network
from tests.unit.modelserver.stub_utils import Request


class Doubler(Backend):
    """y = 2x, z = -x; refuses what holds a 13."""

    default_artefact = "model.bin"
    loaded: Path | None = None

    def load(self, artefact: Path, parameters: Parameters) -> None:
        self.loaded, self.parameters = artefact, parameters
        self.batches: list[int] = []

    def run(self, feeds: Feeds, outputs: Sequence[str]) -> Sequence[Tensor]:
        x = feeds["x"]
        self.batches.append(len(x))
        if (x == 13).any():
            raise ValueError("thirteen")
        return [{"y": 2 * x, "z": -x}[name] for name in outputs]


def arguments(folder: Path, **changes: Any) -> dict[str, str]:
    config = {
        "backend": "onnxruntime",
        "max_batch_size": 8,
        "default_model_filename": "",
        "input": [{"name": "x", "data_type": "TYPE_FP32"}],
        "output": [{"name": "y"}, {"name": "z"}],
    }
    return {"model_config": json.dumps(config | changes), "model_repository": str(folder), "model_version": "1"}


@pytest.fixture
def doubler(tmp_path: Path) -> Doubler:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "model.bin").touch()
    backend = Doubler()
    backend.initialize(arguments(tmp_path))
    return backend


def column(*values: float) -> Tensor:
    return np.array(values, np.float32).reshape(-1, 1)


def test_requests_are_computed_together_and_answered_apart(doubler: Doubler) -> None:
    requests = [Request(x=column(1, 2)), Request(x=column(3)), Request(x=column(4, 5, 6))]
    answers = [response.tensors["y"].ravel().tolist() for response in doubler.execute(requests)]
    assert answers == [[2, 4], [6], [8, 10, 12]]
    assert doubler.batches == [6]


def test_a_bad_request_fails_alone(doubler: Doubler) -> None:
    good, bad, other = doubler.execute([Request(x=column(1)), Request(x=column(13)), Request(x=column(2))])
    assert [good.tensors["y"].item(), other.tensors["y"].item()] == [2, 4]
    assert str(bad.error) == "ValueError: thirteen"


def test_requests_of_unequal_shapes_are_answered_too(doubler: Doubler) -> None:
    narrow, wide = doubler.execute([Request(x=column(1)), Request(x=np.ones((1, 3), np.float32))])
    assert narrow.tensors["y"].shape == (1, 1)
    assert wide.tensors["y"].shape == (1, 3)


def test_a_cancelled_request_is_not_computed(doubler: Doubler) -> None:
    cancelled, answered = doubler.execute([Request(x=column(13), cancelled=True), Request(x=column(1))])
    assert cancelled.error.code == triton.TritonError.CANCELLED
    assert answered.tensors["y"].item() == 2
    assert doubler.batches == [1]


def test_only_cancelled_requests_compute_nothing(doubler: Doubler) -> None:
    assert len(doubler.execute([Request(x=column(1), cancelled=True)] * 3)) == 3
    assert doubler.batches == []


def test_only_the_outputs_asked_for_are_sent(doubler: Doubler) -> None:
    (answer,) = doubler.execute([Request(x=column(1), outputs=["z"])])
    assert {name: value.item() for name, value in answer.tensors.items()} == {"z": -1}


def test_without_batching_each_request_is_computed_by_itself(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "named.bin").touch()
    backend = Doubler()
    backend.initialize(arguments(tmp_path, max_batch_size=0, default_model_filename="named.bin"))
    backend.execute([Request(x=column(1)), Request(x=column(2))])
    assert backend.batches == [1, 1]
    assert backend.loaded == tmp_path / "1" / "named.bin"


def test_a_missing_artefact_and_a_text_input_are_refused(tmp_path: Path) -> None:
    with pytest.raises(triton.TritonModelException, match=r"no file model\.bin"):
        Doubler().initialize(arguments(tmp_path))
    with pytest.raises(triton.TritonModelException, match="text inputs"):
        Doubler().initialize(arguments(tmp_path, input=[{"name": "x", "data_type": "TYPE_STRING"}]))


def test_a_batch_whose_answer_has_another_length_is_refused() -> None:
    batch = Batch.of([{"x": column(1)}, {"x": column(2)}])
    with pytest.raises(ValueError, match="number of rows"):
        batch.split([column(1, 2, 3)])


@pytest.mark.parametrize("backend", [OnnxRuntime, OpenVino])
def test_the_engines_answer_as_the_network(tmp_path: Path, backend: type[OnnxRuntime | OpenVino]) -> None:
    graph = network(CIFAR10, seed=5)
    onnx.save(graph, tmp_path / "model.onnx")
    pictures = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    expected: Tensor = np.asarray(next(iter(ReferenceEvaluator(graph).run(None, {"image": pictures}))))
    # In a thread of its own: OpenVINO's CPU plugin sets a stack for signals, and when it goes it may leave the thread
    # with one that is freed, so that the next signal that Python handles there would crash.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(check_engine, backend, tmp_path / "model.onnx", pictures, expected).result()


def check_engine(backend: type[OnnxRuntime | OpenVino], path: Path, pictures: Tensor, expected: Tensor) -> None:
    engine = backend()
    engine.load(path, Parameters({}))
    first = engine.run({"image": pictures}, ["probabilities"])[0]
    kept = first.copy()
    np.testing.assert_allclose(first, expected, atol=1e-5)
    engine.run({"image": 255 - pictures}, ["probabilities"])
    np.testing.assert_array_equal(first, kept, "an answer must not change with the next request")


def test_parameters_are_read_by_their_kind() -> None:
    values = {"intra_op_thread_count": {"string_value": "3"}, "enable_mem_arena": {"string_value": "No"}}
    parameters = Parameters.of({"backend": "onnxruntime", "parameters": values})
    assert parameters.count("intra_op_thread_count", 0) == 3
    assert parameters.count("inter_op_thread_count", 7) == 7
    assert parameters.flag("enable_mem_arena", default=True) is False
    assert parameters.flag("enable_mem_pattern", default=True) is True


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "²"])
def test_a_count_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        Parameters({"n": text}).count("n", 0)


def test_an_unknown_parameter_and_a_flag_in_another_form_are_refused() -> None:
    with pytest.raises(ValueError, match="no parameter spin"):
        Parameters.of({"backend": "openvino", "parameters": {"spin": {"string_value": "1"}}})
    with pytest.raises(ValueError, match="must be 1 or 0"):
        Parameters({"n": "maybe"}).flag("n", default=True)
