"""A job that published already is known by its version."""

import json
from pathlib import Path

from contract.card import VersionCard
from contract.jobs.documents import RetrainResult
from contract.names import ModelVersion
from contract.repository import CARD, RETRAIN, ModelRepository
from tests.support.versions import make_version
from training.publish.publisher import version_of_job
from training.retrain.memo import published_result

JOB = "0198c6a0-0000-7000-8000-000000000000"
RESULT = RetrainResult(run="r", champion=1, published=None, rule="It held.", examples_added=3, accuracy=0.5)


def version_by(root: Path, job: str, version: int) -> Path:
    """A version that a job published."""
    folder = root / make_version(root, "cifar10", version).triton_name
    card = json.loads((folder / CARD).read_text())
    card["lineage"]["job"] = job
    (folder / CARD).write_text(json.dumps(card))
    return folder


def test_a_job_s_version_is_found_among_others_even_damaged_ones(tmp_path: Path) -> None:
    make_version(tmp_path, "cifar10", 1)
    version_by(tmp_path, JOB, 2)
    (tmp_path / make_version(tmp_path, "cifar10", 3).triton_name / CARD).write_text("{}")
    found = version_of_job(ModelRepository(tmp_path), "cifar10", JOB)
    assert isinstance(found, VersionCard)
    assert found.name == ModelVersion("cifar10", 2)


def test_what_no_job_made_is_no_job_s(tmp_path: Path) -> None:
    make_version(tmp_path, "cifar10", 1)
    assert version_of_job(ModelRepository(tmp_path), "cifar10", None) is None
    assert published_result(ModelRepository(tmp_path), "cifar10", JOB) is None


def test_its_result_lies_with_the_version(tmp_path: Path) -> None:
    folder = version_by(tmp_path, JOB, 2)
    (folder / RETRAIN).write_text(RESULT.model_dump_json())
    assert published_result(ModelRepository(tmp_path), "cifar10", JOB) == RESULT.model_copy(update={"published": 2})


def test_a_version_without_one_is_still_the_job_s(tmp_path: Path) -> None:
    version_by(tmp_path, JOB, 2)
    found = published_result(ModelRepository(tmp_path), "cifar10", JOB)
    assert found is not None
    assert (found.published, found.accuracy) == (2, 1.0)
