"""Where the material of a report comes from: a run that ends, or a version that was published."""

from contract.names import ModelVersion
from contract.repository import ANSWERS, ModelRepository
from training.data.dataset import DataSet
from training.report.answers import Answers
from training.report.material import Material
from training.report.record import ReportRecord
from training.runs import RunRecord


def of_run(record: RunRecord, answers: Answers | None = None, data: DataSet | None = None) -> Material:
    """The material of a training run."""
    return Material(record.model, record.evaluation, record.lineage, record.history, answers, data)


def of_version(repository: ModelRepository, name: ModelVersion, data: DataSet | None = None) -> Material:
    """The material of a published version, as far as its folder has it.

    Raises `ModelUnknown`, `VersionUnknown`, `CardInvalid` or `AnswersInvalid`.
    """
    card, folder = repository.card(name), repository.folder(name)
    report = ReportRecord.read(folder)
    history, findings = (report.history, report.findings) if report else ((), None)
    answers = Answers.read(folder / ANSWERS) if (folder / ANSWERS).is_file() else None
    return Material(card.model, card.metrics, card.lineage, history, answers, data, card.version, findings)
