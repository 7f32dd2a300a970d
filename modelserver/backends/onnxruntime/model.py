"""`backend: "onnxruntime"`: ONNX Runtime on the CPU, or on a GPU where `instance_group` says KIND_GPU.

Parameters: see the README of Triton's onnxruntime_backend. Those of GPU providers are accepted and have no effect.
"""

import os
from collections.abc import Sequence
from pathlib import Path

# ONNX Runtime reads this while it is imported: it would report its use to its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort

from modelserver.backends.base import Backend, Feeds
from modelserver.backends.parameters import Device, Parameters
from modelserver.backends.tensors import Tensor


class TritonPythonModel(Backend):
    """An ONNX graph in an inference session."""

    default_artefact = "model.onnx"

    def load(self, artefact: Path, parameters: Parameters) -> None:
        """Open a session; 0 threads, the default, are as many as there are cores."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = parameters.count("intra_op_thread_count", 0)
        options.inter_op_num_threads = parameters.count("inter_op_thread_count", 0)
        if parameters.flag("execution_mode", default=False):
            options.execution_mode = ort.ExecutionMode.ORT_PARALLEL
        options.enable_cpu_mem_arena = parameters.flag("enable_mem_arena", default=True)
        options.enable_mem_pattern = parameters.flag("enable_mem_pattern", default=True)
        # Threads that spin while they wait take the cores from the gateway and from other models.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        self._session = ort.InferenceSession(str(artefact), options, providers=_providers(self.device))

    def run(self, feeds: Feeds, outputs: Sequence[str]) -> Sequence[Tensor]:
        """Run the graph."""
        answers: list[Tensor] = self._session.run(list(outputs), dict(feeds))
        return answers


def _providers(device: Device) -> list[str | tuple[str, dict[str, int]]]:
    """Execution providers, the wanted one first; what it can't compute falls to the next.

    Raises `ValueError` where this ONNX Runtime was built without the wanted one: it would take the CPU in silence.
    """
    if device.gpu is None:
        return ["CPUExecutionProvider"]
    wanted = ["CUDAExecutionProvider"]
    if "tensorrt" in device.accelerators:
        wanted.insert(0, "TensorrtExecutionProvider")
    missing = [name for name in wanted if name not in ort.get_available_providers()]
    if missing:
        raise ValueError(f"this ONNX Runtime has no {missing[0]}; install onnxruntime-gpu in its place")
    return [*((name, {"device_id": device.gpu}) for name in wanted), "CPUExecutionProvider"]
