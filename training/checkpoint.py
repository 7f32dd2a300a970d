"""Checkpoints: one .npz file with all that a run needs to go on, written atomically, read without pickle."""

import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.files import write_atomically
from training.errors import CheckpointInvalid

PROGRESS = "progress"


@dataclass(frozen=True)
class Checkpoint:
    """A run between two steps."""

    state: dict[str, NDArray[np.generic]]
    """The learner's state: weights, optimiser, random states."""
    progress: dict[str, Any]
    """Where the run is, as JSON can hold it."""

    def write(self, path: Path) -> None:
        """Replace the file in one step; after a kill it is the old one or the new one, whole."""
        buffer = io.BytesIO()
        progress = np.frombuffer(json.dumps(self.progress).encode(), np.uint8)
        np.savez(buffer, allow_pickle=False, **{PROGRESS: progress}, **self.state)
        write_atomically(path, buffer.getvalue())

    @classmethod
    def read(cls, path: Path) -> "Checkpoint":
        """Read what `write` wrote; raises `CheckpointInvalid`."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                state = dict(arrays)
            return cls(progress=json.loads(state.pop(PROGRESS).tobytes()), state=state)
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise CheckpointInvalid(f"The checkpoint {path} is damaged.") from error
