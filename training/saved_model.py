"""The trained network as it leaves training: a TensorFlow SavedModel in float32."""

import shutil
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.architectures import Architecture, Shape
from training.backend import arithmetic
from training.data.storage import storage_errors
from training.errors import StorageFailed
from training.mirroring import mirrored

BATCH = 250
ENDPOINT = "serve"
SIGNATURE = "serving_default"


def export(
    trained: keras.Model, architecture: Architecture, shape: Shape, folder: Path, *, with_mirrored: bool = False
) -> None:
    """Write `trained` as a SavedModel, rebuilt in float32 with the same weights, whatever it was trained in.

    Its signatures `serve` and `serving_default` take uint8 [batch, height, width, channels] under the input's name
    and give float32 `probabilities` [batch, labels]. The folder is replaced when the new one is whole.
    """
    with arithmetic("float32"):
        model = architecture.build(shape)
        model.set_weights(trained.get_weights())
        model = mirrored(model) if with_mirrored else model
    with storage_errors(folder.parent):
        staged = folder.with_name(f".{folder.name}")
        shutil.rmtree(staged, ignore_errors=True)
        _write(_archive(model, shape), staged)
        shutil.rmtree(folder, ignore_errors=True)
        staged.rename(folder)


def _write(archive: keras.export.ExportArchive, folder: Path) -> None:
    try:
        archive.write_out(str(folder), verbose=False)
    except tf.errors.OpError as error:
        # TensorFlow writes files itself, and has errors of its own for a full disk.
        raise StorageFailed(f"The model can't be written to {folder.parent}; is the disk full?") from error


def _archive(model: keras.Model, shape: Shape) -> keras.export.ExportArchive:
    archive = keras.export.ExportArchive()
    archive.track(model)
    signature = [tf.TensorSpec((None, *shape.input.shape), tf.uint8, name=shape.input.tensor)]
    archive.add_endpoint(ENDPOINT, lambda image: {"probabilities": model(image, training=False)}, signature)
    return archive


class SavedModel:
    """A SavedModel read back, to ask what it answers."""

    def __init__(self, folder: Path, tensor: str = "image") -> None:
        self._tensor = tensor
        # The signature holds its variables weakly: the model must stay.
        self._model = tf.saved_model.load(str(folder))
        self._signature = self._model.signatures[SIGNATURE]

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Answers float32 [n, labels] for pictures uint8 [n, height, width, channels]."""
        batches = (images[start : start + BATCH] for start in range(0, len(images), BATCH))
        return np.concatenate([self._answer(batch) for batch in batches])

    def _answer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(self._signature(**{self._tensor: tf.constant(batch)})["probabilities"])
