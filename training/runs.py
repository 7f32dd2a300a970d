"""A training run's folder: what `trireme train` leaves and `trireme publish` takes.

<state>/runs/<id>/
checkpoint.npz      # while training runs: weights, optimiser state, epoch; loaded without pickle
run.json            # RunRecord; written last, so that a folder with it is a finished run
start.npz           # of a fine-tuning run while it trains: the parent's weights; loaded without pickle
skipped.txt         # where there were any: picture files that can't be read, each with the reason
model.savedmodel/   # the trained model in float32, uint8 [batch, height, width, channels] → probabilities
golden.parquet      # test pictures as users send them, their tensors, the trained model's own answers
answers.parquet     # the answers to all test pictures
report.html         # what a person reads; report.json and plots/ belong to it
"""

from pathlib import Path

from pydantic import AwareDatetime, JsonValue, ValidationError

from contract.base import Document
from contract.card import Lineage, Output
from contract.files import write_atomically
from contract.inputs import ImageInput
from contract.metrics import Evaluation
from contract.names import ModelName
from training.errors import RunUnfinished

RECORD = "run.json"
SAVED_MODEL = "model.savedmodel"
GOLDEN = "golden.parquet"
CHECKPOINT = "checkpoint.npz"
START = "start.npz"
SKIPPED = "skipped.txt"


class RunRecord(Document):
    """What a finished run did."""

    id: str
    model: ModelName
    finished: AwareDatetime
    input: ImageInput
    output: Output
    lineage: Lineage
    evaluation: Evaluation
    history: tuple[dict[str, JsonValue], ...]
    """One entry an epoch: loss, accuracy, validation_accuracy, seconds, learning_rate."""

    def write(self, folder: Path) -> None:
        """Write the record, which makes the run a finished one."""
        write_atomically(folder / RECORD, self.model_dump_json(indent=2).encode())

    @classmethod
    def read(cls, folder: Path) -> "RunRecord":
        """Read the record; raises `RunUnfinished`."""
        try:
            return cls.model_validate_json((folder / RECORD).read_bytes())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunUnfinished(f"There is no finished run {folder.name!r}.") from error
        except ValidationError as error:
            raise RunUnfinished(f"The record of run {folder.name!r} is invalid.") from error
