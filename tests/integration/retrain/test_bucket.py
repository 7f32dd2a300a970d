"""Uploaded examples in a real S3 server that go away while a job is at work."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contract.jobs.documents import RetrainParameters
from contract.store import open_store
from tests.integration.retrain.workshop import Workshop
from tests.support.s3 import BUCKET, S3Server
from tests.support.uploaded import noise
from tests.support.uploads import batch_id, pictures_batch, store_batch
from training.retrain.uploads import PictureStore

pytestmark = pytest.mark.usefixtures("the_sample")

PLACE = f"s3://{BUCKET}/jobs"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Server]:
    with S3Server() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        store_batch(open_store(PLACE, endpoint=server.endpoint), *pictures_batch(noise(3, "cat"), model="cifar10"))
        yield server


@pytest.mark.parametrize("when", ["before the job", "between the manifest and the pictures"])
def test_a_bucket_that_vanishes_is_one_sentence(
    workshop: Workshop, s3: S3Server, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    if when == "before the job":
        s3.drop_bucket()
    else:
        monkeypatch.setattr(PictureStore, "split", _after(s3.drop_bucket, PictureStore.split))
    wanted = RetrainParameters(base="cifar10", batches=(batch_id(1),))
    job = workshop.rows.add("cifar10", wanted, champion=8)
    row = workshop.do(job, examples=PLACE, examples_endpoint=s3.endpoint)
    assert (row["state"], row["reason_code"]) == ("failed", "examples-unreachable")
    assert row["reason"].endswith("or its bucket is gone.")
    assert row["reason"].count(".") == 1


def _after(happens: Callable[[], None], then: Callable[..., Any]) -> Callable[..., Any]:
    def both(*arguments: Any) -> Any:
        happens()
        return then(*arguments)

    return both
