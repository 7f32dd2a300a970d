import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tests.support.cifar10 import sample
from training.data.dataset import Pixels
from training.data.duplicates import near_duplicate_groups, near_duplicates


def changed(image: Pixels, how: str) -> Pixels:
    """One photo as it comes back from elsewhere."""
    picture = Image.fromarray(image)
    small = {
        "equal": lambda: picture,
        "mirrored": lambda: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "brighter": lambda: ImageEnhance.Brightness(picture).enhance(1.2),
        "paler": lambda: ImageEnhance.Color(picture).enhance(0.3),
        "cropped": lambda: picture.crop((1, 1, 31, 31)).resize((32, 32), Image.Resampling.BILINEAR),
        "shifted": lambda: picture.transform((32, 32), Image.Transform.AFFINE, (1, 0, 1, 0, 1, 0)),
    }[how]()
    return np.asarray(small)


HOW = [("equal", 99), ("mirrored", 99), ("brighter", 98), ("paler", 98), ("cropped", 70), ("shifted", 95)]


@pytest.mark.parametrize(("how", "percent"), HOW)
def test_a_photo_that_comes_back_changed_is_mostly_found(how: str, percent: int) -> None:
    test = sample().test.images
    again = np.stack([changed(image, how) for image in test])
    found = {(pair.first, pair.second) for pair in near_duplicates(test, again)}
    assert sum((index, index) in found for index in range(len(test))) >= percent


def test_different_pictures_are_not_near_duplicates() -> None:
    data = sample()
    assert len(near_duplicates(data.train.images, data.test.images)) <= 1


def test_pairs_come_nearest_first_with_their_distance_in_grey_levels() -> None:
    images = sample().test.images[:20]
    second = np.concatenate([images[5:6] // 2 + 40, images[3:4], images[4:5, :, ::-1]])
    pairs = near_duplicates(images, second)
    assert {(pair.first, pair.second) for pair in pairs} == {(3, 1), (4, 2), (5, 0)}
    assert [pair.distance for pair in pairs] == sorted(pair.distance for pair in pairs)
    assert pairs[0].distance == 0
    assert (pairs[-1].first, pairs[-1].second) == (5, 0)
    distance = np.abs(images[5].mean(axis=-1) - second[0].mean(axis=-1)).mean()
    assert pairs[-1].distance == pytest.approx(distance, rel=1e-4)


def test_groups_link_pictures_through_others() -> None:
    images = sample().test.images[:10]
    images = np.concatenate([images, images[2:3, :, ::-1], np.stack([changed(images[2], "brighter")]), images[7:8]])
    groups = near_duplicate_groups(images)
    assert groups.dtype == np.int64
    assert groups[2] == groups[10] == groups[11]
    assert groups[7] == groups[12]
    assert len(set(groups.tolist())) == 10


def test_pictures_without_detail_are_alike_only_when_equal() -> None:
    images = np.full((6, 32, 32, 3), 255, np.uint8)
    images[2:4] = 250
    images[4, :16] = 0
    images[5, :10] = 0
    assert near_duplicates(images, images) == []
    assert near_duplicate_groups(images).tolist() == [0, 0, 1, 1, 2, 3]


@pytest.mark.parametrize("size", [16, 45, 128])
def test_pictures_of_any_size_are_compared(size: int) -> None:
    pictures = [Image.fromarray(image).resize((size, size)) for image in sample().test.images[:12]]
    images = np.stack([np.asarray(picture) for picture in pictures])
    assert {(pair.first, pair.second) for pair in near_duplicates(images, images[::-1, :, ::-1])} == {
        (index, 11 - index) for index in range(12)
    }


def test_grey_pictures_are_compared_too() -> None:
    grey = sample().test.images[:10].mean(axis=3, keepdims=True).astype(np.uint8)
    assert [(pair.first, pair.second) for pair in near_duplicates(grey, grey[4:5])] == [(4, 0)]


def test_no_pictures_have_no_duplicates() -> None:
    none = np.empty((0, 32, 32, 3), np.uint8)
    assert near_duplicates(sample().test.images, none) == near_duplicates(none, sample().test.images) == []
    assert near_duplicate_groups(none).tolist() == []


def test_a_hundred_copies_make_one_group_and_few_pairs() -> None:
    images = np.repeat(sample().test.images[:1], 100, axis=0)
    assert len(near_duplicates(images, images)) <= 20 * 100
    assert set(near_duplicate_groups(images).tolist()) == {0}
