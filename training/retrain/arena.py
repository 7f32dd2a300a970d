"""Champion and challenger side by side in one real server, in one kind of engine: float32 ONNX Runtime.

So they differ by their networks alone, and both go the way of a user's request. What another engine may cost, the
engine gate of a publish bounds.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contract.card import Output
from contract.decision import Decision
from contract.inputs import Input
from contract.repository import CONFIG, LABELS, ONNX_MODEL
from modelserver.temporary import TemporaryServer
from training.data.storage import storage_errors
from training.engines.served import Probabilities, Tensors, answers
from training.publish.config import version_config
from training.publish.serving import plain_engine

BATCH = 32


@dataclass(frozen=True)
class Contender:
    """A model that is compared."""

    graph: Path
    """Its ONNX file, float32."""
    schema: Input
    output: Output
    decision: Decision | None = None
    """Where a threshold decides between two labels."""
    batch: int = BATCH


@dataclass(frozen=True)
class Arena:
    """A running server with both models."""

    server: TemporaryServer
    contenders: dict[str, Contender]

    def answers(self, name: str, tensors: Tensors) -> Probabilities:
        """What the contender of that name answers, float32 [n, labels]; raises `CallFailed`."""
        one = self.contenders[name]
        return answers(self.server, name, tensors, schema=one.schema, output=one.output, batch=one.batch)


@contextmanager
def arena(folder: Path, **contenders: Contender) -> Iterator[Arena]:
    """Serve contenders by their names out of a temporary folder inside `folder`.

    Raises `LoadFailed` where one doesn't load, `StorageFull`, and what starting a server raises.
    """
    with storage_errors(folder), tempfile.TemporaryDirectory(dir=folder) as place:
        for name, contender in contenders.items():
            _lay_out(Path(place) / name, name, contender)
        with TemporaryServer(Path(place), list(contenders)) as server:
            yield Arena(server, contenders)


def _lay_out(target: Path, name: str, contender: Contender) -> None:
    (target / ONNX_MODEL).parent.mkdir(parents=True)
    shutil.copyfile(contender.graph, target / ONNX_MODEL)
    (target / LABELS).write_text("".join(f"{label}\n" for label in contender.output.labels))
    config = version_config(name, contender.schema, contender.output, plain_engine(contender.batch))
    (target / CONFIG).write_text(config)
