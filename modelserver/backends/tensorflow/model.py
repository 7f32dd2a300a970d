"""`backend: "tensorflow"`: a SavedModel in TensorFlow on the CPU. No other part of Trireme loads TensorFlow to serve.

Parameters: see the README of Triton's former tensorflow_backend. Those about sessions are accepted and have no effect:
TensorFlow 2 has none.
"""

import os
from collections.abc import Sequence
from pathlib import Path

# TensorFlow reads these while it is imported: serve on the CPU, and no banner.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf

from modelserver.backends.base import Backend, Feeds
from modelserver.backends.parameters import Parameters
from modelserver.backends.tensors import Tensor


class TritonPythonModel(Backend):
    """A SavedModel's signature."""

    default_artefact = "model.savedmodel"

    def load(self, artefact: Path, parameters: Parameters) -> None:
        """Load the SavedModel; 0 threads, the default, are as many as there are cores."""
        tf.config.threading.set_intra_op_parallelism_threads(parameters.count("TF_NUM_INTRA_THREADS", 0))
        tf.config.threading.set_inter_op_parallelism_threads(parameters.count("TF_NUM_INTER_THREADS", 0))
        # Kept: a signature doesn't keep its model's variables alive.
        self._model = tf.saved_model.load(str(artefact), tags=[parameters.text("TF_GRAPH_TAG", "serve")])
        self._signature = self._model.signatures[parameters.text("TF_SIGNATURE_DEF", "serving_default")]

    def run(self, feeds: Feeds, outputs: Sequence[str]) -> Sequence[Tensor]:
        """Call the signature."""
        answers = self._signature(**{name: tf.constant(value) for name, value in feeds.items()})
        return [answers[name].numpy() for name in outputs]
