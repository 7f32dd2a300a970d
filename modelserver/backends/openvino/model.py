"""`backend: "openvino"`: OpenVINO on the CPU, straight from `model.onnx` (or an IR's `model.xml`).

Parameters: see the README of Triton's openvino_backend. Those that work around fixed batch sizes are accepted and have
no effect: batches are dynamic here. Precision is float32 unless `HINT_BF16` says YES, also on a CPU with bf16 units.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

# While it is imported, OpenVINO counts its uses to report them to its maker; without this module it can't.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # Python's way to forbid a module

import openvino as ov

from modelserver.backends.base import Backend, Feeds
from modelserver.backends.parameters import Parameters
from modelserver.backends.tensors import Tensor


class TritonPythonModel(Backend):
    """A compiled model and one request, which is used again and again."""

    default_artefact = "model.xml"

    def load(self, artefact: Path, parameters: Parameters) -> None:
        """Read and compile the model; 0 threads, the default, are as many as there are cores."""
        core = ov.Core()
        compiled = core.compile_model(core.read_model(str(artefact)), "CPU", _properties(parameters))
        self._inputs_by_name = {name: port for port in compiled.inputs for name in port.get_names()}
        self._outputs_by_name = {name: port for port in compiled.outputs for name in port.get_names()}
        self._request = compiled.create_infer_request()

    def run(self, feeds: Feeds, outputs: Sequence[str]) -> Sequence[Tensor]:
        """Run the model; the answers are copies, as the request's own memory is written again by the next one."""
        inputs = {self._inputs_by_name[name]: value for name, value in feeds.items()}
        answers = self._request.infer(inputs, share_inputs=True, share_outputs=True)
        return [np.array(answers[self._outputs_by_name[name]]) for name in outputs]


def _properties(parameters: Parameters) -> dict[str, str | int]:
    properties: dict[str, str | int] = {
        "PERFORMANCE_HINT": parameters.text("PERFORMANCE_HINT", "LATENCY").upper(),
        "INFERENCE_PRECISION_HINT": "bf16" if parameters.flag("HINT_BF16", default=False) else "f32",
    }
    counts = {name: parameters.count(name, 0) for name in ("INFERENCE_NUM_THREADS", "COMPILATION_NUM_THREADS")}
    streams = parameters.text("NUM_STREAMS", "").upper()
    properties |= {"NUM_STREAMS": streams} if streams else {}
    return properties | {name: count for name, count in counts.items() if count}
