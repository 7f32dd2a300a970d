"""Making pages about published versions: a version's report anew, or a comparison."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from contract.files import write_atomically
from contract.inputs import ImageInput
from contract.names import ModelVersion
from contract.repository import ModelRepository
from training.console import tell
from training.data.dataset import DataSet
from training.data.storage import storage_errors
from training.report.comparison.comparison import Comparison
from training.report.comparison.contest import Contest
from training.report.finder import DataFinder
from training.report.leaflet import Leaflet
from training.report.report import Report
from training.report.sources import of_version


class Desk:
    """Makes pages of the versions in one repository."""

    def __init__(self, repository: ModelRepository, finder: DataFinder, console: Console) -> None:
        self._repository = repository
        self._finder = finder
        self._tell = partial(tell, console)

    def remake(self, name: ModelVersion, target: Path) -> Leaflet:
        """Make a version's report anew, as one file; raises what `of_version` raises, and `StorageFailed`."""
        material = of_version(self._repository, name)
        report = Report(replace(material, data=self._data(name)), self._tell)
        _write(target, report.html())
        statements = {part.title: part.sentence for part in report.parts}
        title = f"{material.title}: test accuracy {material.evaluation.accuracy:.2%}"
        metrics = material.evaluation.model_dump(mode="json")
        figures = {**name._asdict(), "run": material.lineage.run, "metrics": metrics}
        return Leaflet(target, title, statements, figures)

    def compare(self, first: ModelVersion, second: ModelVersion, target: Path) -> Leaflet:
        """Compare two versions, as one file; raises `ComparisonInvalid` and what `remake` raises."""
        contest = Contest(of_version(self._repository, first), of_version(self._repository, second))
        if contest.paired is not None:
            contest = replace(contest, data=self._data(second))
        comparison = Comparison(contest, self._tell)
        _write(target, comparison.html())
        statements = {part.title: part.sentence for part in comparison.parts}
        title = f"{first.model}: version {first.version} and version {second.version}"
        return Leaflet(target, title, statements, {"model": first.model, **comparison.summary()})

    def _data(self, name: ModelVersion) -> DataSet | None:
        card = self._repository.card(name)
        return self._finder.find(card.lineage, card.input) if isinstance(card.input, ImageInput) else None


def _write(target: Path, page: bytes) -> None:
    with storage_errors(target.parent):
        write_atomically(target, page)
