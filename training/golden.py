"""Choosing golden examples: test pictures as users send them, with the trained model's own answers."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contract.golden import GoldenExamples
from contract.inputs import ImageInput
from contract.picture import to_tensor
from training.data.dataset import DataSet, Labels, Pixels, Split

COUNT = 64
SEED = 64
PHOTO_EVERY = 4
"""Every fourth example is a larger JPEG, so that the gates cover decoding and resizing too."""
MAX_BODY_BYTES = 2**18
"""A larger file of a user is replaced by a photo of it: golden examples travel with each version."""
PHOTO_SCALE = 7.5
"""A picture of 32×32 becomes a photo of 320×240."""

Predict = Callable[[Pixels], NDArray[np.float32]]


@dataclass(frozen=True)
class GoldenInputs:
    """Golden examples before anybody answered them; the fields are those of `GoldenExamples`."""

    bodies: list[bytes]
    tensors: Pixels
    labels: list[str]

    def answered(self, probabilities: NDArray[np.float32]) -> GoldenExamples:
        """With the trained model's answers float32 [n, labels]."""
        return GoldenExamples(self.bodies, self.tensors, probabilities, self.labels)


def make_golden(data: DataSet, predict: Predict) -> GoldenExamples:
    """Take up to 64 test pictures, the labels in turn; `predict` maps uint8 [n, h, w, c] to float32 [n, labels]."""
    chosen = choose_golden(data.test, data.labels, data.input)
    return chosen.answered(predict(chosen.tensors))


def choose_golden(split: Split, labels: tuple[str, ...], schema: ImageInput) -> GoldenInputs:
    """Take up to 64 pictures of a split, the labels in turn."""
    chosen = _choose(split.labels)
    bodies = [_body(split, index, place % PHOTO_EVERY == 0) for place, index in enumerate(chosen.tolist())]
    tensors = np.stack([to_tensor(body, schema) for body in bodies])
    return GoldenInputs(bodies, tensors, [labels[number] for number in split.labels[chosen]])


def _choose(labels: Labels) -> Labels:
    """Indices int64 [≤ 64]: a random picture of each label, then a second of each, and so on."""
    order = np.random.default_rng(SEED).permutation(len(labels))
    turns = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        members = labels[order] == label
        turns[members] = np.arange(members.sum())
    return order[np.lexsort((labels[order], turns))][:COUNT]


def _body(split: Split, index: int, as_photo: bool) -> bytes:
    body = split.body(index)
    return _photo(split.images[index]) if as_photo or len(body) > MAX_BODY_BYTES else body


def _photo(image: Pixels) -> bytes:
    """A JPEG of the picture enlarged, with bars left and right, which cutting to the wanted shape takes off again."""
    height, width = (round(side * PHOTO_SCALE) for side in image.shape[:2])
    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    canvas = Image.new(picture.mode, (round(width * 4 / 3), height))
    canvas.paste(picture.resize((width, height), Image.Resampling.BICUBIC), ((canvas.width - width) // 2, 0))
    file = io.BytesIO()
    canvas.save(file, format="JPEG", quality=90)
    return file.getvalue()
