"""A training run's folder: what `trireme train` leaves and `trireme publish` takes. Of tables: `training.tables.run`.

<state>/runs/<id>/
checkpoint.npz      # while training runs: weights, optimiser state, epoch; loaded without pickle
run.json            # RunRecord; written last, so that a folder with it is a finished run
start.npz           # of a fine-tuning run while it trains: the parent's weights; loaded without pickle
skipped.txt         # where there were any: picture files that can't be read, each with the reason
model.savedmodel/   # the trained model in float32, uint8 [batch, height, width, channels] → probabilities
model.onnx          # of a run that was compared with another version: the graph that will be served
golden.parquet      # test pictures as users send them, their tensors, the trained model's own answers
answers.parquet     # the answers to all test pictures
reference.json      # what training pictures and test answers look like, for finding drift
report.html         # what a person reads; report.json and plots/ belong to it
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, JsonValue, ValidationError

from contract.base import Document
from contract.card import Lineage, Output
from contract.drift.reference import ReferenceFile
from contract.files import write_atomically
from contract.inputs import ImageInput, Input
from contract.metrics import Evaluation
from contract.names import ModelName
from training.errors import RunUnfinished

RECORD = "run.json"
SAVED_MODEL = "model.savedmodel"
CONVERTED = "model.onnx"
GOLDEN = "golden.parquet"
CHECKPOINT = "checkpoint.npz"
START = "start.npz"
SKIPPED = "skipped.txt"


class FinishedRun(Document):
    """What the records of all finished runs have in common."""

    id: str
    model: ModelName
    finished: AwareDatetime
    input: Input
    output: Output
    lineage: Lineage
    evaluation: Evaluation
    reference: ReferenceFile | None = None
    """None for runs that were made before there were references."""

    def write(self, folder: Path) -> None:
        """Write the record, which makes the run a finished one."""
        write_atomically(folder / RECORD, self.model_dump_json(indent=2).encode())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the record; raises `RunUnfinished`, also where it is one of another kind."""
        try:
            return cls.model_validate_json((folder / RECORD).read_bytes())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunUnfinished(f"There is no finished run {folder.name!r}.") from error
        except ValidationError as error:
            raise RunUnfinished(f"The record of run {folder.name!r} is invalid.") from error


class RunRecord(FinishedRun):
    """What a finished run with pictures did."""

    input: ImageInput
    history: tuple[dict[str, JsonValue], ...]
    """One entry an epoch: loss, accuracy, validation_accuracy, seconds, learning_rate."""


class _Kind(BaseModel):
    kind: Literal["image", "table"]


class _Record(BaseModel):
    input: _Kind


def kind_of(folder: Path) -> Literal["image", "table"]:
    """What the finished run in a folder learned from; raises `RunUnfinished`."""
    try:
        return _Record.model_validate_json((folder / RECORD).read_bytes()).input.kind
    except (OSError, ValidationError) as error:
        raise RunUnfinished(f"There is no finished run {folder.name!r}.") from error
