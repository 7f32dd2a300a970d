"""A run's plan: everything that decides its outcome, written down before it starts."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, ValidationError

from contract.base import Document
from contract.card import Sha256
from contract.files import write_atomically
from contract.inputs import ImageInput
from contract.metrics import Fraction
from contract.names import ModelName
from training.errors import RunUnknown
from training.hardware import Precision

PLAN = "plan.json"


class RunPlan(Document):
    """What a run is to do; a resumed run does exactly this."""

    id: str
    model: ModelName
    source: str
    """`cifar10`, or the picture folder, or the folder of its features."""
    origin: str | None = None
    """What the card says of where the data come from; None: it follows from the source."""
    input: ImageInput
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    data: dict[str, Sha256]
    """Digest of each split."""
    architecture: str
    profile: str
    epochs: PositiveInt
    batch_size: PositiveInt
    seed: NonNegativeInt
    precision: Precision
    patience: NonNegativeInt = 0
    """Epochs without a better validation accuracy after which the run ends; 0 means that it never ends early."""
    mirrored: bool = False
    """Whether the exported graph averages its answers to a picture and to its mirror image."""
    parent: str | None = None
    """The version that the run is fine-tuned from, such as `cifar10-v3`."""
    rate: PositiveFloat = 1.0
    """Share of the recipe's learning rates."""
    class_weights: tuple[PositiveFloat, ...] | None = None
    """Of each label in the loss."""
    max_bad: Fraction = 0.01
    """Share of a folder's files that may be left out because they can't be read."""
    job: str | None = None
    """The retrain job that does the run."""
    batches: tuple[str, ...] = ()
    """The batches of uploaded examples among the training pictures."""

    def write(self, folder: Path) -> None:
        """Write the plan into the run's folder."""
        write_atomically(folder / PLAN, self.model_dump_json(indent=2).encode())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the plan; raises `RunUnknown`."""
        try:
            return cls.model_validate_json((folder / PLAN).read_bytes())
        except (OSError, ValidationError) as error:
            raise RunUnknown(f"There is no run {folder.name!r} that could go on.") from error
