"""The artefact itself, asked for its answers: what the served graph must agree with."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Pixels
from training.importing import child
from training.importing.errors import ArtefactFailed
from training.importing.intake import Intake

_FAILED_TAIL = 300


@dataclass(frozen=True)
class Original:
    """An artefact that was found safe, as a private copy."""

    kind: Literal["onnx", "savedmodel"]
    path: Path
    signature: str | None
    timeout: float
    """Seconds that the child process may take."""

    def answer(self, pictures: Pixels, intake: Intake, work: Path) -> NDArray[np.float32]:
        """Raw answers float32 [n, …] for pictures uint8 [n, height, width, channels]; `work` is an empty folder.

        Raises `ArtefactFailed` where it can't be run, takes too long, or doesn't give finite numbers for each picture.
        """
        order = self._order(intake, work)
        np.save(order.pictures, pictures, allow_pickle=False)
        (work / "order.json").write_text(order.model_dump_json())
        self._run(work / "order.json")
        answers = np.load(order.answers, allow_pickle=False)
        if len(answers) != len(pictures) or answers.ndim == 0:
            raise ArtefactFailed("The artefact doesn't give one answer a picture.")
        if not np.isfinite(answers).all():
            raise ArtefactFailed("The artefact answers some examples with what is no finite number.")
        return np.asarray(answers)

    def _order(self, intake: Intake, work: Path) -> child.Order:
        return child.Order(
            kind=self.kind,
            artefact=self.path,
            signature=self.signature,
            intake=intake,
            pictures=work / "pictures.npy",
            answers=work / "answers.npy",
        )

    def _run(self, order: Path) -> None:
        command = [sys.executable, "-m", child.__name__, str(order)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=self.timeout)
        except subprocess.TimeoutExpired as error:
            raise ArtefactFailed(f"The artefact did not answer the examples in {self.timeout:.0f} seconds.") from error
        if done.returncode != 0:
            reason = done.stderr.strip().rpartition("\n")[2][:_FAILED_TAIL] or f"exit status {done.returncode}"
            raise ArtefactFailed(f"The artefact can't be run on the examples: {reason}")
