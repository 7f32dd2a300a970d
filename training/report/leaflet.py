"""A page that was found or made: where it lies and what it says, for people and programs."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.errors import NameInvalid
from contract.names import ModelVersion
from contract.repository import REPORT, ModelRepository
from training.report.errors import ReportMissing
from training.report.record import ReportRecord

_NAMED = re.compile(r"(?P<model>[^:]+)(:v?(?P<version>[1-9][0-9]{0,8}))?", re.ASCII)


@dataclass(frozen=True)
class Leaflet:
    """One page."""

    path: Path
    title: str
    statements: dict[str, str]
    """Sentences by their sections' titles."""
    figures: dict[str, Any] = field(default_factory=dict)
    """What programs get besides."""

    def as_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {**self.figures, "page": str(self.path), "statements": self.statements}


def parse(text: str, repository: ModelRepository) -> ModelVersion:
    """`cifar10:3`, or `cifar10` for its latest version; raises `NameInvalid`, `ModelUnknown`."""
    match = _NAMED.fullmatch(text)
    if match is None:
        raise NameInvalid("Name a model, or a version of it like this: cifar10:3.")
    latest = repository.latest(match["model"])
    return latest._replace(version=int(match["version"])) if match["version"] else latest


def published(repository: ModelRepository, name: ModelVersion) -> Leaflet:
    """The report that a version carries; raises `ReportMissing` and what reading a card raises."""
    card = repository.card(name)
    path = repository.folder(name) / REPORT
    record = ReportRecord.read(path.parent)
    if record is None or not path.is_file():
        raise ReportMissing(f"{name} was published without a report; make one with --out FILE.")
    title = f"{name.model} version {name.version}: test accuracy {card.metrics.accuracy:.2%}"
    figures = {**name._asdict(), "run": record.run, "metrics": card.metrics.model_dump(mode="json")}
    return Leaflet(path, title, {statement.title: statement.sentence for statement in record.statements}, figures)
