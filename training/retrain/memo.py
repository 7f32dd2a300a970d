"""What a retrain found, kept beside its run and in the version that it publishes.

So an attempt that finds its version published, by one that was killed before it could say so, still knows what to say.
"""

from pathlib import Path

from pydantic import ValidationError

from contract.card import VersionCard
from contract.files import write_atomically
from contract.jobs.documents import RetrainResult
from contract.repository import RETRAIN, ModelRepository
from training.data.storage import storage_errors
from training.publish.publisher import version_of_job
from training.report.comparison.verdict import Verdict
from training.runs import FinishedRun


def result_of(record: FinishedRun, verdict: Verdict, *, added: int, left_out: dict[str, int]) -> RetrainResult:
    """The result of a retrain whose version isn't published yet."""
    return RetrainResult(
        run=record.id,
        champion=verdict.champion,
        published=None,
        rule=verdict.sentence,
        comparisons=verdict.comparisons,
        not_compared=verdict.not_compared,
        examples_added=added,
        examples_left_out=left_out,
        accuracy=record.evaluation.accuracy,
    )


def write_memo(run: Path, result: RetrainResult) -> None:
    """Keep a result in its run's folder; publishing copies it into the version's. Raises `StorageFull`."""
    with storage_errors(run):
        write_atomically(run / RETRAIN, result.model_dump_json(indent=2).encode())


def read_memo(folder: Path) -> RetrainResult | None:
    """The result that lies in a run's or a version's folder; None where there is none that can be read."""
    try:
        return RetrainResult.model_validate_json((folder / RETRAIN).read_bytes())
    except (OSError, ValidationError):
        return None


def published_result(repository: ModelRepository, model: str, job: str) -> RetrainResult | None:
    """The result of a job whose version is in the repository already; None where there is none."""
    card = version_of_job(repository, model, job)
    if card is None:
        return None
    known = read_memo(repository.folder(card.name)) or _of_card(card)
    return known.model_copy(update={"published": card.version})


def _of_card(card: VersionCard) -> RetrainResult:
    return RetrainResult(
        run=card.lineage.run,
        rule="An earlier attempt of the job published the version; what it found can't be read any more.",
        examples_added=0,
        accuracy=card.metrics.accuracy,
    )
