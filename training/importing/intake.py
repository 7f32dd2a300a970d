"""How an artefact wants its pictures, and the numpy implementation of it that the original is asked with.

It is written apart from `training.importing.folding`, which builds the same into the served graph: the gate compares
the two.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from contract.base import Document
from training.data.dataset import Pixels

Dtype = Literal["uint8", "float16", "float32", "float64"]


class Intake(Document):
    """From uint8 pictures [n, height, width, channels] to what the artefact takes."""

    tensor: str
    """The input's name."""
    answer: str
    """The output's name."""
    layout: Literal["nhwc", "nchw"]
    dtype: Dtype
    reverse: bool = False
    """Whether the channels are blue, green, red."""
    scale: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    """Numbers are (pixel × scale - mean) / std; each is one number, or one a channel after any reversing."""
    batch: int | None = None
    """The only number of pictures that the artefact takes at once; None takes any."""

    def prepare(self, pictures: Pixels) -> NDArray[np.generic]:
        """The artefact's input for a batch of pictures."""
        ordered = pictures[..., ::-1] if self.reverse else pictures
        numbers = ordered if self.dtype == "uint8" else self._normalised(ordered)
        laid_out = numbers if self.layout == "nhwc" else numbers.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(laid_out.astype(self.dtype))

    def _normalised(self, pictures: Pixels) -> NDArray[np.float32]:
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return (pictures.astype(np.float32) * np.float32(self.scale) - mean) / std
