"""The examples that calibrate and prove an engine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from training.data.catalog import Catalog
from training.data.dataset import DataSet, Pixels
from training.engines.calibration import calibration_pictures
from training.engines.served import Examples
from training.errors import DataError, RunChanged, RunUnknown
from training.plan import RunPlan


class RunData(Protocol):
    """Something that has the data of runs."""

    def load(self, run: Path) -> DataSet:
        """The data that the run in this folder was trained on; raises `DataError`, `RunChanged` or `RunUnknown`."""
        ...


class CatalogData:
    """The data sets that users name, checked against the digests of a run's plan."""

    def __init__(self, catalog: Catalog, data_dir: Path | None = None, source: Path | None = None) -> None:
        """`source` is where the data lie now, a picture or features folder; without it, where the plan says."""
        self._catalog = catalog
        self._data_dir = data_dir
        self._source = source

    def load(self, run: Path) -> DataSet:
        """Load the plan's source anew."""
        plan = RunPlan.read(run)
        source = str(self._source) if self._source else plan.source
        data = self._catalog.load(source, size=plan.input.height, data_dir=self._data_dir, max_bad=1.0)
        if data.digests() != plan.data:
            raise RunChanged(f"The data of run {plan.id} have changed since it was trained.")
        return data


@dataclass(frozen=True)
class Evidence:
    """Examples of a model's data, or why there are none."""

    test: Examples | None = None
    """Those that its accuracy was measured on, all of them."""
    calibration: Pixels | None = None
    """Some pictures that it was trained on, uint8 [n, height, width, channels]."""
    lack: str | None = None

    @classmethod
    def of_run(cls, run: Path, source: RunData | None, *, needed: bool) -> "Evidence":
        """From a run's data; where they are `needed`, what `RunData.load` raises is raised."""
        if source is None:
            return cls(lack="The test pictures were not given.")
        try:
            data = source.load(run)
        except (DataError, RunChanged, RunUnknown) as error:
            if needed:
                raise
            return cls(lack=error.detail)
        return cls(Examples(data.test.images, data.test.labels), calibration_pictures(data.train))
