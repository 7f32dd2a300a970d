"""The networks: uint8 pictures "image" in, float32 "probabilities" out, normalisation inside the graph.

`fast` and `wide` follow the small networks for CIFAR-10 of Keller Jordan ("94% on CIFAR-10 in 3.29 Seconds on a Single
GPU", arXiv:2404.00498), with ReLU, which is much faster than GELU on a CPU; `wide` has his widths, `fast` half of them.
`cnn4` is four ordinary blocks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from contract.inputs import ImageInput
from training import whitening
from training.errors import ArchitectureUnknown
from training.recipe import Recipe

Builder = Callable[["Shape"], keras.Model]


@dataclass(frozen=True)
class Shape:
    """What a network must fit: the input, the number of labels, and the training pictures' mean and deviation."""

    input: ImageInput
    labels: int
    mean: tuple[float, ...]
    """Of each channel, in grey levels (0 to 255)."""
    deviation: tuple[float, ...]


def _ignore(model: keras.Model, images: NDArray[np.uint8], shape: Shape) -> None:
    """Most networks need nothing of the data before training."""


@dataclass(frozen=True)
class Architecture:
    """A kind of network and how it is trained."""

    name: str
    build: Builder
    recipe: Recipe
    prepare: Callable[[keras.Model, NDArray[np.uint8], Shape], None] = field(default=_ignore)
    """Sets weights that come from the training pictures (uint8 [n, height, width, channels]), before training."""


def architecture(name: str) -> Architecture:
    """The architecture of that name; raises `ArchitectureUnknown`."""
    try:
        return ARCHITECTURES[name]
    except KeyError:
        known = ", ".join(ARCHITECTURES)
        raise ArchitectureUnknown(f"There is no architecture {name!r}; there are {known}.") from None


def build_fast(shape: Shape, widths: tuple[int, int, int] = (32, 128, 128)) -> keras.Model:
    """A frozen 2×2 whitening convolution, three blocks of two convolutions, global max-pool, scaled dense layer."""
    image, x = _normalised(shape)
    filters = whitening.filters(shape.input.channels)
    x = layers.Conv2D(filters, 2, name=whitening.LAYER, trainable=False)(x)
    x = layers.ReLU()(x)
    for width in widths:
        x = _fast_block(x, width)
    x = layers.GlobalMaxPooling2D()(x)
    x = layers.Dense(shape.labels, use_bias=False)(x)
    return _model(image, layers.Rescaling(1 / 9)(x))


def build_wide(shape: Shape) -> keras.Model:
    """As `build_fast`, with two to four times the arithmetic in each convolution."""
    return build_fast(shape, (64, 256, 256))


def build_cnn4(shape: Shape, widths: tuple[int, ...] = (32, 64, 128, 256)) -> keras.Model:
    """Four blocks of convolution, BatchNorm, ReLU, max-pool and Dropout; then a dense layer with Dropout."""
    image, x = _normalised(shape)
    for depth, width in enumerate(widths):
        x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
        x = layers.SpatialDropout2D(0.05 * depth)(x)
    x = layers.Dense(256, activation="relu")(layers.Flatten()(x))
    return _model(image, layers.Dense(shape.labels)(layers.Dropout(0.3)(x)))


def _normalised(shape: Shape) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    image = keras.Input(shape.input.shape, dtype="uint8", name=shape.input.tensor)
    mean, deviation = np.asarray(shape.mean), np.asarray(shape.deviation)
    # In float32 whatever the policy: bfloat16 has 8 bits, as many as a pixel, and none left for the subtraction.
    normalise = layers.Rescaling(list(1 / deviation), list(-mean / deviation), dtype="float32", name="normalise")
    return image, normalise(image)


def _fast_block(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
    x = layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer=_dirac)(x)
    # Pooling before BatchNorm and ReLU: the maximum commutes with ReLU, and the rest works on a quarter of the pixels.
    x = layers.MaxPooling2D(2)(x)
    x = layers.ReLU()(_norm()(x))
    x = layers.Conv2D(width, 3, padding="same", use_bias=False, kernel_initializer=_dirac)(x)
    return layers.ReLU()(_norm()(x))


def _norm() -> layers.Layer:
    # A short memory: a run of few hundred steps must not answer with the statistics of its beginning.
    return layers.BatchNormalization(momentum=0.6, epsilon=1e-5, scale=False)


def _dirac(shape: tuple[int, ...], dtype: str | None = None) -> keras.KerasTensor:
    """Pass the first channels on unchanged; the other filters begin at random (PyTorch's default, He uniform)."""
    height, width, inputs, outputs = shape
    bound = float(1 / np.sqrt(height * width * inputs))
    kernel = np.array(keras.ops.convert_to_numpy(keras.random.uniform(shape, -bound, bound)))
    same = min(inputs, outputs)
    kernel[..., :same] = 0
    kernel[height // 2, width // 2, range(same), range(same)] = 1
    return keras.ops.convert_to_tensor(kernel, dtype=dtype)


def _model(image: keras.KerasTensor, logits: keras.KerasTensor) -> keras.Model:
    probabilities = layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(image, probabilities)


ARCHITECTURES = {
    "fast": Architecture(
        "fast",
        build_fast,
        Recipe(optimizer="sgd", peak_rate=0.75, weight_decay=0.009, bias_boost=64.0, label_smoothing=0.15),
        whitening.set_filters,
    ),
    "wide": Architecture(
        "wide",
        build_wide,
        Recipe("sgd", peak_rate=0.75, weight_decay=0.009, bias_boost=64.0, label_smoothing=0.2, lookahead=True),
        whitening.set_filters,
    ),
    "cnn4": Architecture(
        "cnn4",
        build_cnn4,
        Recipe(optimizer="adamw", peak_rate=3e-3, weight_decay=0.05, bias_boost=1.0, label_smoothing=0.05),
    ),
}
