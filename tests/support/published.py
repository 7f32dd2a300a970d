"""A published version without the proof on a server: what later runs read of it, in milliseconds."""

import shutil
from pathlib import Path

from contract.card import VersionCard
from contract.digests import folder_digests
from contract.names import ModelVersion
from contract.repository import CARD, SAVED_MODEL
from tests.support.versions import make_card
from training import runs
from training.runs import RunRecord


def published_by_hand(run: Path, repository: Path, version: int = 1) -> ModelVersion:
    """Put a finished run's SavedModel into a repository, with a card of the run's lineage."""
    record = RunRecord.read(run)
    name = ModelVersion(record.model, version)
    folder = repository / name.triton_name
    shutil.copytree(run / runs.SAVED_MODEL, folder / SAVED_MODEL)
    (folder / "1" / "model.onnx").touch()
    card = make_card(name, record.output.labels, "onnxruntime", folder_digests(folder))
    card = card.model_copy(update={"lineage": record.lineage, "input": record.input})
    (folder / CARD).write_text(VersionCard.model_validate(card.model_dump()).model_dump_json())
    return name
