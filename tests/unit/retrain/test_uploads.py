"""Which uploaded pictures join the training split."""

from pathlib import Path

import numpy as np
import pytest

from contract.examples.batch import Batch, Use, object_path
from contract.store import open_store
from tests.support.cifar10 import sample
from tests.support.uploaded import Labelled, noise, png, upload
from training.retrain.errors import ExamplesDamaged
from training.retrain.examples import ExampleReader
from training.retrain.uploads import Extended, PictureStore, extend

MODEL = "cifar10"


@pytest.fixture
def store(tmp_path: Path) -> PictureStore:
    return PictureStore(ExampleReader(open_store(str(tmp_path / "examples")), MODEL), tmp_path / "job")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "examples"


def batch(root: Path, pictures: list[Labelled], use: Use = Use.TRAINING) -> Batch:
    return upload(root, MODEL, pictures, use)


def test_new_pictures_join_the_training_split_as_they_were_sent(store: PictureStore, root: Path) -> None:
    pictures = noise(3, "ship")
    base = sample()
    extended = extend(base, [batch(root, pictures)], [], store)
    train = extended.data.train
    assert (extended.added, extended.left_out) == (3, {})
    assert len(train) == len(base.train) + 3
    assert [train.body(len(base.train) + index) for index in range(3)] == [body for body, _ in pictures]
    assert train.body(0) == base.train.body(0)
    assert {base.labels[number] for number in train.labels[-3:]} == {"ship"}


def test_validation_and_test_stay_untouched_and_the_digests_tell_it(store: PictureStore, root: Path) -> None:
    extended = extend(sample(), [batch(root, noise(1, "ship"))], [], store).data.digests()
    base = sample().digests()
    assert (extended["validation"], extended["test"]) == (base["validation"], base["test"])
    assert extended["train"] != base["train"]


def test_without_uploads_the_data_are_the_base(store: PictureStore) -> None:
    assert extend(sample(), [], [], store) == Extended(sample(), 0, {})


def shifted(split: str) -> bytes:
    """A picture of a split, one pixel further and brighter."""
    image = getattr(sample(), split).images[5].astype(int)
    return png(np.clip(np.roll(image, 1, axis=1) + 12, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("split", ["test", "validation"])
def test_what_equals_or_nearly_duplicates_a_held_out_picture_is_left_out(
    store: PictureStore, root: Path, split: str
) -> None:
    same = getattr(sample(), split).body(7)
    extended = extend(sample(), [batch(root, [(same, "cat"), (shifted(split), "cat"), *noise(1, "cat")])], [], store)
    assert extended.added == 1
    assert extended.left_out == {f"near-duplicate-of-{split}": 2}


def test_many_copies_of_one_test_picture_are_all_left_out(store: PictureStore, root: Path) -> None:
    image = sample().test.images[5].astype(int)
    copies = [(png(np.clip(image + level, 0, 255).astype(np.uint8)), "cat") for level in range(1, 16)]
    assert extend(sample(), [batch(root, copies)], [], store).added == 0


def test_the_first_batch_wins_for_equal_pictures(store: PictureStore, root: Path) -> None:
    ((body, _),) = noise(1, "cat")
    extended = extend(sample(), [batch(root, [(body, "dog")]), batch(root, [(body, "cat")])], [], store)
    assert sample().labels[extended.data.train.labels[-1]] == "dog"
    assert extended.left_out == {"twice": 1}


def test_what_is_for_evaluation_is_never_trained_on(store: PictureStore, root: Path) -> None:
    pictures = noise(2, "cat")
    evaluation = batch(root, pictures[:1], Use.EVALUATION)
    extended = extend(sample(), [batch(root, pictures)], [evaluation], store)
    assert (extended.added, extended.left_out) == (1, {"in-evaluation-data": 1})


def test_unknown_labels_and_broken_pictures_are_counted(store: PictureStore, root: Path) -> None:
    pictures = [*noise(1, "unicorn"), (b"no picture", "cat"), *noise(1, "cat", seed=1)]
    extended = extend(sample(), [batch(root, pictures)], [], store)
    assert (extended.added, extended.left_out) == (1, {"label-unknown": 1, "unreadable": 1})


def test_what_an_attempt_before_fetched_is_not_fetched_again(store: PictureStore, root: Path) -> None:
    one = batch(root, noise(2, "cat"))
    extend(sample(), [one], [], store)
    for picture in one.pictures:
        (root / object_path(MODEL, picture.digest)).unlink()
    assert extend(sample(), [one], [], store).added == 2


def test_a_damaged_object_is_refused(store: PictureStore, root: Path) -> None:
    one = batch(root, noise(1, "cat"))
    (root / object_path(MODEL, one.pictures[0].digest)).write_bytes(b"another picture")
    with pytest.raises(ExamplesDamaged):
        extend(sample(), [one], [], store)
