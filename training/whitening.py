"""The first layer of `fast`: a frozen 2×2 convolution that makes the channels of picture patches uncorrelated.

The method is that of Page ("How to train your ResNet", 2019) and Jordan (arXiv:2404.00498): filters are the
eigenvectors of the patches' covariance, divided by the root of their eigenvalues, each with its negative, so that
ReLU loses nothing.
"""

from typing import TYPE_CHECKING

import keras
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from training.architectures import Shape

LAYER = "whitening"
PATCH = 2
PICTURES = 2000
"""The covariance of 12 (or 4) numbers is known well enough from the patches of this many pictures."""
REGULARISATION = 5e-4


def filters(channels: int) -> int:
    """How many filters the layer has."""
    return 2 * PATCH * PATCH * channels


def set_filters(model: keras.Model, images: NDArray[np.uint8], shape: "Shape") -> None:
    """Compute the filters from uint8 pictures [n, height, width, channels] and set them in the layer."""
    layer = model.get_layer(LAYER)
    kernel = whitening_kernel((images[:PICTURES] - np.asarray(shape.mean)) / np.asarray(shape.deviation))
    layer.set_weights([kernel, np.zeros(kernel.shape[-1], np.float32)])


def whitening_kernel(images: NDArray[np.float64]) -> NDArray[np.float32]:
    """Filters [2, 2, channels, 8 × channels] from normalised pictures [n, height, width, channels]."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (PATCH, PATCH), axis=(1, 2))
    channels = images.shape[-1]
    patches = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, PATCH * PATCH * channels)
    values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    scaled = vectors / np.sqrt(values + REGULARISATION)
    kernel = scaled.reshape(PATCH, PATCH, channels, -1)
    return np.concatenate([kernel, -kernel], axis=-1).astype(np.float32)
