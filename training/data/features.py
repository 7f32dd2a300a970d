"""A features folder: exactly what a model learns from, made once of raw data by `trireme data features`.

features.json       # FeaturesRecord; written last
<split>.npz         # of pictures: their tensors and labels; without pickle
<split>.parquet     # of a table: id, columns as they are encoded, and the target's label
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, NonNegativeInt, ValidationError

from contract.base import Document
from contract.card import Sha256
from contract.files import write_atomically
from contract.inputs import Input
from training.data.dataset import Skipped
from training.errors import DataDamaged, DataUnknown

FEATURES_RECORD = "features.json"


class FeaturesRecord(Document):
    """What a features folder holds."""

    name: str
    """The data set's."""
    origin: str
    """What a card says of where the data come from."""
    input: Input
    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    counts: dict[str, dict[str, NonNegativeInt]]
    """Examples of each label, by split."""
    digests: dict[str, Sha256]
    """By split; a run's plan and card have the same."""
    skipped: tuple[Skipped, ...] = ()
    """Picture files that are in none of the splits."""

    def write(self, folder: Path) -> None:
        """Write the record, which makes the folder a whole one."""
        write_atomically(folder / FEATURES_RECORD, self.model_dump_json(indent=2).encode())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the record; raises `DataUnknown` or `DataDamaged`."""
        try:
            return cls.model_validate_json((folder / FEATURES_RECORD).read_bytes())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise DataUnknown(f"The folder {folder} has no features; make them with: trireme data features") from error
        except ValidationError as error:
            raise DataDamaged(f"The record of the features in {folder} is invalid; make them anew.") from error

    def check(self, folder: Path, digests: dict[str, str]) -> None:
        """Raise `DataDamaged` unless what was read from the folder has these digests."""
        changed = [name for name in self.digests if digests.get(name) != self.digests[name]]
        if changed or len(digests) != len(self.digests):
            raise DataDamaged(f"The features in {folder} differ from their record; make them anew.")


def has_features(folder: Path | None) -> bool:
    """Whether this is a features folder."""
    return folder is not None and (folder / FEATURES_RECORD).is_file()
