"""The child process that runs an artefact: `python -m training.importing.child ORDER.json`.

Apart from the importing process, so that an artefact that crashes, hangs or eats memory takes nothing with it. Arrays
come and go as `.npy` files without pickle.
"""

import os
import sys
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from contract.base import Document
from training.importing.intake import Intake

BATCH = 32


class Order(Document):
    """What the child has to do."""

    kind: Literal["onnx", "savedmodel"]
    artefact: Path
    signature: str | None
    """The SavedModel's signature."""
    intake: Intake
    pictures: Path
    """uint8 [n, height, width, channels]."""
    answers: Path
    """Where the raw answers go: float32 [n, …]."""


class Engine(Protocol):
    """Something that runs an artefact."""

    def run(self, batch: NDArray[np.generic]) -> NDArray[np.generic]:
        """Answers [n, …] for a prepared batch."""


class OnnxEngine:
    """ONNX Runtime."""

    def __init__(self, order: Order) -> None:
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read while it is imported
        import onnxruntime  # noqa: PLC0415  one engine a process

        self._session = onnxruntime.InferenceSession(str(order.artefact), providers=["CPUExecutionProvider"])
        self._intake = order.intake

    def run(self, batch: NDArray[np.generic]) -> NDArray[np.generic]:
        """Answers [n, …] for a prepared batch."""
        return np.asarray(self._session.run([self._intake.answer], {self._intake.tensor: batch})[0])


class SavedModelEngine:
    """TensorFlow."""

    def __init__(self, order: Order) -> None:
        import tensorflow as tf  # noqa: PLC0415  one engine a process

        # The signature holds its variables weakly: the model must stay.
        self._model = tf.saved_model.load(str(order.artefact))
        self._signature = self._model.signatures[order.signature]
        self._intake = order.intake
        self._constant = tf.constant

    def run(self, batch: NDArray[np.generic]) -> NDArray[np.generic]:
        """Answers [n, …] for a prepared batch."""
        answers = self._signature(**{self._intake.tensor: self._constant(batch)})
        return np.asarray(answers[self._intake.answer])


ENGINES: dict[str, type[OnnxEngine] | type[SavedModelEngine]] = {"onnx": OnnxEngine, "savedmodel": SavedModelEngine}


def main(path: str) -> None:
    """Do an order."""
    order = Order.model_validate_json(Path(path).read_bytes())
    pictures = np.load(order.pictures, allow_pickle=False)
    np.save(order.answers, answer(ENGINES[order.kind](order), order.intake, pictures), allow_pickle=False)


def answer(engine: Engine, intake: Intake, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Raw answers float32 [n, …] in batches; where the artefact takes one size of batch only, the last is filled."""
    size = intake.batch or BATCH
    parts = []
    for start in range(0, len(pictures), size):
        batch = pictures[start : start + size]
        count = len(batch)
        if intake.batch is not None:
            batch = np.resize(batch, (size, *batch.shape[1:]))
        parts.append(engine.run(intake.prepare(batch))[:count].astype(np.float32))
    return np.concatenate(parts)


if __name__ == "__main__":
    main(sys.argv[1])
