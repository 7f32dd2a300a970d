"""The trained network as it leaves training: a TensorFlow SavedModel in float32."""

import re
import shutil
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.architectures import Architecture, Shape
from training.backend import arithmetic
from training.batches import fitting
from training.data.storage import storage_errors
from training.errors import ParentUnfit, StorageFailed
from training.mirroring import mirrored

BATCH = 250
"""Pictures of 32×32 that are asked about at once; of larger ones fewer."""
ENDPOINT = "serve"
SIGNATURE = "serving_default"

_VARIABLE = re.compile(r"variables/[0-9]+/\.ATTRIBUTES/VARIABLE_VALUE")


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


def read_weights(folder: Path) -> tuple[NDArray[np.float32], ...]:
    """The weights of a SavedModel that `export` wrote, in the order of the network's layers; raises `ParentUnfit`.

    Only the variables' file is read, which holds numbers; the graph is not loaded, so nothing of it can run.
    """
    try:
        reader = tf.train.load_checkpoint(str(folder / "variables" / "variables"))
        kinds = reader.get_variable_to_dtype_map()
        names = sorted((name for name in kinds if _VARIABLE.fullmatch(name)), key=lambda name: int(name.split("/")[1]))
        # Dropout's random states are variables too, of integers.
        return tuple(reader.get_tensor(name) for name in names if kinds[name] == tf.float32)
    except (tf.errors.OpError, ValueError) as error:
        raise ParentUnfit("The parent's SavedModel has no weights that can be read.") from error


class SavedModel:
    """A SavedModel read back, to ask what it answers."""

    def __init__(self, folder: Path, tensor: str = "image") -> None:
        self._tensor = tensor
        # The signature holds its variables weakly: the model must stay.
        self._model = tf.saved_model.load(str(folder))
        self._signature = self._model.signatures[SIGNATURE]

    def probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Answers float32 [n, labels] for pictures uint8 [n, height, width, channels]."""
        size = fitting(BATCH, *images.shape[1:3])
        batches = (images[start : start + size] for start in range(0, len(images), size))
        return np.concatenate([self._answer(batch) for batch in batches])

    def _answer(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(self._signature(**{self._tensor: tf.constant(batch)})["probabilities"])
