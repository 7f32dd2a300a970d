"""A retrain whose versions lie in a real S3 server: it has the champion from there, and publishes into it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.jobs.documents import RetrainParameters
from contract.names import ModelVersion
from contract.repository import RETRAIN, ModelRepository
from tests.integration.retrain.workshop import Workshop
from tests.support.s3 import BUCKET, S3Server
from training.retrain.harness import FOLDER
from training.store.objects import Objects
from training.store.versions import VersionStore

PLACE = f"s3://{BUCKET}/versions"
CHAMPION, NEW = ModelVersion("cifar10", 8), ModelVersion("cifar10", 9)


@pytest.fixture
def s3() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def versions(s3: S3Server, workshop: Workshop) -> VersionStore:
    """The store, with the champion in it."""
    keys = s3.environment()
    access = {"access_key_id": keys["AWS_ACCESS_KEY_ID"], "secret_access_key": keys["AWS_SECRET_ACCESS_KEY"]}
    store = VersionStore(Objects.at(PLACE, endpoint=s3.endpoint, access=access))
    store.push(CHAMPION, workshop.repository)
    return store


def given(s3: S3Server, who: str = "writer") -> dict[str, str]:
    """What the chart gives a job; uploaded data have other keys."""
    keys = s3.environment(who)
    return {
        "TRAINING_REPOSITORY": PLACE,
        "TRAINING_REPOSITORY_ENDPOINT": s3.endpoint,
        "TRAINING_REPOSITORY_ACCESS_KEY_ID": keys["AWS_ACCESS_KEY_ID"],
        "TRAINING_REPOSITORY_SECRET_ACCESS_KEY": keys["AWS_SECRET_ACCESS_KEY"],
    }


def done(workshop: Workshop, job: str) -> dict[str, Any]:
    """The row of a job after its first attempt."""
    with workshop.started(job, 1) as process:
        process.communicate(timeout=250)
    assert process.returncode == 0
    return workshop.rows.row(job)


def test_a_retrain_publishes_into_the_bucket(
    workshop: Workshop, s3: S3Server, versions: VersionStore, tmp_path: Path
) -> None:
    workshop = replace(workshop, given=given(s3))
    wanted = RetrainParameters(base="cifar10", max_loss_points=100)
    job = workshop.rows.add("cifar10", wanted, champion=CHAMPION.version)
    row = done(workshop, job)
    assert row["state"] == "succeeded", row["reason"]
    assert (row["result"]["champion"], row["result"]["published"]) == (8, 9)
    found = ModelRepository(tmp_path / "copy")
    versions.copy_cards("cifar10", found.root)
    assert found.versions("cifar10") == [8, 9]
    versions.fetch(NEW, found.root, 1 << 30)
    assert found.verify(NEW).lineage.job == job
    assert (found.folder(NEW) / RETRAIN).is_file()
    assert not (workshop.runs / FOLDER / job).exists()
    assert ModelRepository(workshop.repository).versions("cifar10") == [8]


def test_a_job_that_may_not_read_the_bucket_fails_with_one_sentence(
    workshop: Workshop, s3: S3Server, versions: VersionStore
) -> None:
    stranger = replace(workshop, given=given(s3, "stranger"))
    job = stranger.rows.add("cifar10", RetrainParameters(base="cifar10"), champion=CHAMPION.version)
    row = done(stranger, job)
    assert (row["state"], row["reason_code"]) == ("failed", "store-refused")
    assert row["reason"].count(".") == 1
    assert versions.taken("cifar10") == [8]
