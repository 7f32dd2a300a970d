"""Finding the pictures that a version was trained and tested on again, where they are still at hand."""

from pathlib import Path

from rich.console import Console

from contract.card import Lineage
from contract.inputs import ImageInput
from training.console import tell
from training.data.catalog import Catalog
from training.data.cifar10 import NAME as CIFAR10
from training.data.cifar10 import cifar10
from training.data.dataset import DataSet
from training.errors import DataError, DataInvalid, DataUnknown, RunUnknown
from training.plan import RunPlan
from training.settings import TrainingSettings


class DataFinder:
    """Looks for data on this machine; downloads nothing."""

    def __init__(self, settings: TrainingSettings, console: Console, source: str | None = None) -> None:
        """`source` is the picture folder (or cifar10) to take; without it the training run's own."""
        self._settings = settings
        self._console = console
        self._source = source

    def find(self, lineage: Lineage, schema: ImageInput) -> DataSet | None:
        """The data of this lineage at the size of `schema`; None, and a line about it, where they aren't to be had."""
        try:
            return self._load(lineage, schema)
        except DataError as error:
            tell(self._console, f"The page has no pictures. {error.detail}")
            return None

    def _load(self, lineage: Lineage, schema: ImageInput) -> DataSet:
        source = self._source or self._source_of(lineage)
        if source is None:
            raise DataUnknown("The data are not at hand; name their folder with --data.")
        data = Catalog(self._settings, self._console).load(source, size=schema.height, max_bad=1.0)
        if data.digests() != lineage.data:
            raise DataInvalid(f"The data in {source} are not those that the version was trained on.")
        return data

    def _source_of(self, lineage: Lineage) -> str | None:
        """Where the lineage's run took its data from, if they still lie there."""
        if lineage.source == CIFAR10:
            return CIFAR10 if cifar10(self._settings, self._console).is_complete() else None
        try:
            source = RunPlan.read(self._settings.runs_dir / lineage.run).source
        except RunUnknown:
            return None
        return source if Path(source).is_dir() else None
