"""`backend: "onnxruntime"`: ONNX Runtime on the CPU.

Parameters: see the README of Triton's onnxruntime_backend. Those of GPU providers are accepted and have no effect.
"""

import os
from collections.abc import Sequence
from pathlib import Path

# ONNX Runtime reads this while it is imported: it would report its use to its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort

from modelserver.backends.base import Backend, Feeds
from modelserver.backends.parameters import Parameters
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
        self._session = ort.InferenceSession(str(artefact), options, providers=["CPUExecutionProvider"])

    def run(self, feeds: Feeds, outputs: Sequence[str]) -> Sequence[Tensor]:
        """Run the graph."""
        answers: list[Tensor] = self._session.run(list(outputs), dict(feeds))
        return answers
