"""A fitted table model, and the graph that answers as it does."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from training.tables.dataset import Features

Probabilities = NDArray[np.float32]


class FittedModel(Protocol):
    """What fitting a recipe's estimator leaves: it lives in memory only, and is published as its ONNX graph."""

    def probabilities(self, features: Features, /) -> Probabilities:
        """float32 [n, labels] by the libraries' own prediction, of encoded rows float32 [n, columns] with NaN."""
        ...

    def to_onnx(self) -> bytes:
        """The whole of it, imputation and calibration included, as one ONNX graph: `features` → `probabilities`.

        Operator set and IR version are those of `contract.triton`.
        """
        ...
