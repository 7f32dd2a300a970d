"""Data sets by the names that users give: `cifar10`, or a picture folder."""

from pathlib import Path

from rich.console import Console

from contract.inputs import ImageInput
from training.data.cifar10 import NAME, cifar10
from training.data.dataset import DataSet
from training.data.features import has_features
from training.data.folders import PictureFolder
from training.data.picture_features import read_pictures
from training.data.reading import MAX_BAD
from training.errors import DataUnknown
from training.settings import TrainingSettings

DEFAULT_SIZE = 32


class Catalog:
    """Loads data sets."""

    def __init__(self, settings: TrainingSettings, console: Console) -> None:
        self._settings = settings
        self._console = console

    def load(
        self, source: str, *, size: int = DEFAULT_SIZE, data_dir: Path | None = None, max_bad: float = MAX_BAD
    ) -> DataSet:
        """Load `cifar10`, or the picture folder at a path with pictures cut and resized to `size` × `size`.

        The path may be that of a features folder too. Of a folder's files, a share of up to `max_bad` is left out where
        they can't be read.

        Raises:
            DataUnknown: it is neither.
            DataError: see `Cifar10.load`, `PictureFolder.load` and `read_pictures`.
        """
        if source == NAME:
            return cifar10(self._settings, self._console, data_dir).load()
        if has_features(Path(source)):
            return read_pictures(Path(source), size)
        if not Path(source).is_dir():
            raise DataUnknown(f"{source!r} is neither the data set {NAME} nor a picture folder.")
        return PictureFolder(Path(source), ImageInput(height=size, width=size), self._console, max_bad).load()
