import io

import numpy as np
from PIL import Image

from contract.golden import GoldenExamples
from contract.picture import to_tensor
from tests.support.cifar10 import sample
from training import golden
from training.data.dataset import Pixels
from training.golden import make_golden


def predict(images: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.full((len(images), 10), 0.1, np.float32)


def made() -> GoldenExamples:
    return make_golden(sample(), predict)


def test_there_are_64_examples_of_all_labels_in_turn() -> None:
    examples = made()
    assert len(examples.bodies) == 64
    assert set(examples.labels[:10]) == set(examples.labels[10:20]) == set(sample().labels)


def test_the_choice_is_always_the_same() -> None:
    assert made().bodies == made().bodies


def test_the_tensors_are_what_the_bodies_become() -> None:
    examples = made()
    for body, tensor in zip(examples.bodies, examples.tensors, strict=True):
        assert np.array_equal(to_tensor(body, sample().input), tensor)


def test_some_are_photos_that_must_be_cut_and_resized() -> None:
    photos = [image for body in made().bodies if (image := Image.open(io.BytesIO(body))).format == "JPEG"]
    assert len(photos) == 16
    assert {photo.size for photo in photos} == {(320, 240)}


def test_a_photo_becomes_nearly_the_picture_that_it_was_made_of() -> None:
    for image in sample().test.images[:20]:
        photo = to_tensor(golden._photo(image), sample().input)
        assert np.abs(photo.astype(int) - image).mean() < 12


def test_a_user_s_large_file_is_replaced_by_a_photo() -> None:
    split = sample().test
    large = type(split)(split.images, split.labels, lambda index: split.body(index) + bytes(golden.MAX_BODY_BYTES))
    assert golden._body(large, 1, as_photo=False) == golden._photo(split.images[1])


def test_few_test_pictures_are_all_taken() -> None:
    data = sample()
    small = type(data)(data.name, data.labels, data.input, data.train, data.validation, data.test.take(np.arange(7)))
    assert len(make_golden(small, predict).bodies) == 7
