"""What a run will take, so that it can be compared with what is free before the run starts."""

import math
from dataclasses import dataclass

import keras

from training.data.dataset import DataSet

ACTIVATIONS, WEIGHTS, PICTURES, SPARE = 1.25, 12, 4, 300 * 2**20
"""Measured: all outputs of a batch once, for weights also gradients and optimiser, four copies of the pictures while an
epoch is augmented; a spare for what TensorFlow compiles."""
STATES, EXPORTS = 3 * 4, 50 * 2**20
"""On disk: the checkpoint, its successor and the best epoch, each of up to four copies of the weights; and the rest."""


@dataclass(frozen=True)
class Needs:
    """What a run will take, in bytes; an estimate on the safe side."""

    memory: int
    disk: int


def needs(model: keras.Model, data: DataSet, batch_size: int) -> Needs:
    """Estimate what training `model` (float32 or mixed) on `data` takes beyond what is loaded already."""
    outputs = sum(math.prod(size for size in layer.output.shape if size) for layer in model.layers)
    weights = 4 * model.count_params()
    memory = ACTIVATIONS * 4 * outputs * batch_size + WEIGHTS * weights + PICTURES * data.train.images.nbytes + SPARE
    return Needs(int(memory), STATES * weights + EXPORTS)
