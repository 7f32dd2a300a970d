"""Explaining single predictions of a table model: what each column adds; numpy alone, no machine-learning library.

Training writes `explanation.npz`, serving reads it. All answers are exact, whatever the model's size.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from contract.base import Document
from contract.errors import VersionDamaged
from contract.explaining.additive import Additive
from contract.explaining.tree_paths import TreePaths

EXPLANATION = "explanation.npz"
Method = Literal["tree-paths", "additive"]
Scale = Literal["log-odds", "probability"]
Features = NDArray[np.float32]
METHODS: dict[Method, type[TreePaths] | type[Additive]] = {"tree-paths": TreePaths, "additive": Additive}


class Explanation(Document):
    """What a version's explanations are; the file is one of the version's, with its digest in the card."""

    file: str = EXPLANATION
    method: Method
    scale: Scale
    """What base and contributions add up to: the label's log-odds, ln(p / (1 - p)), or its probability."""
    label: str
    """The label that is explained; the other one's contributions are the opposite."""


@dataclass(frozen=True)
class Preparation:
    """What becomes of numbers before the model, float32 [columns] each; of categories nothing (NaN, 0, 1)."""

    fill: Features
    """What takes the place of NaN; NaN where nothing does."""
    centre: Features
    """Is subtracted."""
    spread: Features
    """Divides what is left."""

    def apply(self, features: Features) -> NDArray[np.float64]:
        """Rows float32 [..., columns] as the model sees them, computed in float32 as the graph does."""
        filled = np.where(np.isnan(features), self.fill, features)
        return ((filled - self.centre) / self.spread).astype(np.float64)


class Explainer:
    """Explains rows; thread-safe once it has explained one, because what it computes then is kept."""

    def __init__(self, preparation: Preparation, model: TreePaths | Additive) -> None:
        self._preparation = preparation
        self._model = model
        self.base = model.base
        """The mean answer, on the scale of the version's explanations."""

    @property
    def method(self) -> Method:
        """How it explains."""
        return "tree-paths" if isinstance(self._model, TreePaths) else "additive"

    def contributions(self, features: Features) -> tuple[float, NDArray[np.float64]]:
        """The base, and what each column of an encoded row float32 [columns] adds to it, float64 [columns].

        Their sum is the model's answer to the row, on the scale of the version's explanations.
        """
        return self.base, self._model.contributions(self._preparation.apply(features))

    def write(self, path: Path) -> None:
        """Write what `read` takes: arrays of numbers, without pickle."""
        arrays: dict[str, Any] = {f"prepare_{name}": array for name, array in vars(self._preparation).items()}
        arrays |= self._model.arrays()
        np.savez_compressed(path, method=np.array(self.method), **arrays)

    @classmethod
    def read(cls, path: Path) -> "Explainer":
        """Read what `write` wrote; raises `VersionDamaged`."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return cls._of(dict(arrays))
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise VersionDamaged("The version's file of explanations can't be read.") from error

    @classmethod
    def _of(cls, arrays: dict[str, NDArray[Any]]) -> "Explainer":
        preparation = Preparation(*(arrays[f"prepare_{name}"] for name in Preparation.__dataclass_fields__))
        return cls(preparation, METHODS[str(arrays["method"])].of(arrays))  # type: ignore[index]  # KeyError is meant
