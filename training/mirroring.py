"""Mirrored pictures averaged in the graph: the answer to a picture and to its mirror image, as one answer.

For pictures whose label doesn't depend on left and right. It costs twice the arithmetic. What is averaged are logits,
as in Jordan's networks (arXiv:2404.00498).
"""

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray


def mirrored(model: keras.Model) -> keras.Model:
    """`model` with its answers averaged; the same input and output, the same weights."""
    image = keras.Input(model.input.shape[1:], dtype=model.input.dtype, name=model.input.name)
    logits = keras.Model(model.input, model.layers[-1].input)
    # `take` rather than `flip`: it becomes one Gather in ONNX, which every engine has.
    columns = np.arange(model.input.shape[2])[::-1].copy()
    both = logits(image) + logits(ops.take(image, columns, axis=2))
    return keras.Model(image, model.layers[-1](both / 2))


def average(plain: NDArray[np.float32], of_mirrored: NDArray[np.float32]) -> NDArray[np.float32]:
    """What `mirrored` answers, from the answers float32 [n, labels] to pictures and to their mirror images.

    The softmax of averaged logits is the normalised geometric mean of both softmaxes.
    """
    mean = np.sqrt(plain.astype(np.float64) * of_mirrored)
    averaged: NDArray[np.float32] = (mean / mean.sum(axis=1, keepdims=True)).astype(np.float32)
    return averaged
