"""Uploaded examples, as a job reads them."""

from pathlib import Path

import pytest

from contract.examples.batch import Use, batch_path, object_path
from contract.store import open_store
from tests.support.uploaded import noise, upload, withdraw
from training.retrain.errors import ExamplesDamaged, ExamplesMissing, ExamplesUnreachable
from training.retrain.examples import ExampleReader

MODEL = "cats-dogs"


@pytest.fixture
def reader(tmp_path: Path) -> ExampleReader:
    return ExampleReader(open_store(str(tmp_path)), MODEL)


def test_batches_come_in_their_order_and_withdrawn_ones_not_at_all(reader: ExampleReader, tmp_path: Path) -> None:
    first, second, third = (upload(tmp_path, MODEL, noise(1, "cat", seed)) for seed in range(3))
    withdraw(tmp_path, second)
    found, withdrawn = reader.batches([third.id, second.id, first.id])
    assert found == [third, first]
    assert withdrawn == [second.id]


def test_a_withdrawn_batch_may_be_erased(reader: ExampleReader, tmp_path: Path) -> None:
    batch = upload(tmp_path, MODEL, noise(1, "cat"))
    withdraw(tmp_path, batch)
    (tmp_path / batch_path(MODEL, batch.id)).unlink()
    assert reader.batches([batch.id]) == ([], [batch.id])


def test_what_is_in_effect_is_listed_by_its_use(reader: ExampleReader, tmp_path: Path) -> None:
    upload(tmp_path, MODEL, noise(1, "cat"))
    kept = upload(tmp_path, MODEL, noise(2, "cat"), Use.EVALUATION)
    withdraw(tmp_path, upload(tmp_path, MODEL, noise(3, "cat"), Use.EVALUATION))
    assert reader.in_effect(Use.EVALUATION) == [kept]


def test_a_model_without_uploads_has_none(reader: ExampleReader) -> None:
    assert reader.in_effect(Use.TRAINING) == []


def test_a_missing_batch_is_named(reader: ExampleReader) -> None:
    with pytest.raises(ExamplesMissing, match="batch 1234"):
        reader.batches(["1234"])


def test_a_damaged_manifest_is_refused(reader: ExampleReader, tmp_path: Path) -> None:
    batch = upload(tmp_path, MODEL, noise(1, "cat"))
    (tmp_path / batch_path(MODEL, batch.id)).write_text("{")
    with pytest.raises(ExamplesDamaged):
        reader.batches([batch.id])


def test_an_object_is_what_was_uploaded_or_refused(reader: ExampleReader, tmp_path: Path) -> None:
    ((body, _),) = noise(1, "cat")
    (picture,) = upload(tmp_path, MODEL, [(body, "cat")]).pictures
    assert reader.object(picture.digest) == body
    path = tmp_path / object_path(MODEL, picture.digest)
    path.write_bytes(body[:-1] + b"?")
    with pytest.raises(ExamplesDamaged):
        reader.object(picture.digest)
    path.unlink()
    with pytest.raises(ExamplesMissing):
        reader.object(picture.digest)


def test_a_store_that_does_not_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    store = open_store("s3://bucket/prefix", endpoint="http://127.0.0.1:9", timeout_s=1)
    with pytest.raises(ExamplesUnreachable) as error:
        ExampleReader(store, MODEL).in_effect(Use.TRAINING)
    assert "127.0.0.1" not in error.value.detail
