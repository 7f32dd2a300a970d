from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cifar10 import records, sample
from training.data.records import read_records, records_of_strip
from training.data.splitting import split_groups, validation_indices
from training.errors import DataInvalid


def pictures(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.arange(count * 12, dtype=np.int64).reshape(count, 2, 2, 3).astype(np.uint8)


@given(st.lists(st.integers(2, 12), min_size=2, max_size=4), st.floats(0.05, 0.5))
def test_each_label_gives_its_share_and_keeps_the_rest(sizes: list[int], share: float) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    images = np.arange(len(labels) * 3, dtype=np.uint8).reshape(-1, 1, 1, 3)
    chosen = validation_indices(images, labels, "abcd", share)
    assert len(set(chosen.tolist())) == len(chosen)
    for label, size in enumerate(sizes):
        assert (labels[chosen] == label).sum() == max(1, round(share * size))


def test_the_split_is_always_the_same() -> None:
    images, labels = pictures(20), np.arange(20) % 2
    assert np.array_equal(validation_indices(images, labels, "ab", 0.3), validation_indices(images, labels, "ab", 0.3))


def test_a_picture_with_a_twin_stays_in_training() -> None:
    images, labels = pictures(20), np.arange(20) % 2
    images[::4] = 7
    chosen = validation_indices(images, labels, "ab", 0.5)
    assert not set(chosen.tolist()) & set(range(0, 20, 4))


def test_a_label_of_twins_only_is_refused() -> None:
    with pytest.raises(DataInvalid, match="'a' has too few"):
        validation_indices(np.zeros((4, 2, 2, 3), np.uint8), np.array([0, 0, 1, 1]), "ab", 0.5)


@given(st.data(), st.lists(st.integers(12, 60), min_size=2, max_size=4))
def test_groups_stay_whole_and_each_label_gets_its_share(data: st.DataObject, sizes: list[int]) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    pairs = data.draw(st.lists(st.integers(0, len(labels) - 1), max_size=6, unique=True))
    groups = np.arange(len(labels))
    groups[pairs] = groups[pairs[0]] if pairs else 0
    parts = split_groups(labels, groups, "abcd"[: len(sizes)], (0.8, 0.1, 0.1))
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    assert not any(set(groups[one]) & set(groups[other]) for one, other in combinations(parts, 2))
    for label, size in enumerate(sizes):
        for part in parts[1:]:
            assert (labels[part] == label).sum() == max(1, round(0.1 * size))


def test_a_group_that_is_too_large_for_the_small_splits_is_trained_on() -> None:
    labels, groups = np.repeat([0, 1], 50), np.arange(100)
    groups[:30], groups[60:64] = 0, 60
    train, validation, test = split_groups(labels, groups, "ab", (0.8, 0.1, 0.1))
    assert set(range(30)) <= set(train.tolist())
    assert len(validation) == len(test) == 10


def test_a_label_of_two_pictures_can_not_be_in_three_splits() -> None:
    with pytest.raises(DataInvalid, match="'b' has too few different pictures for 3 splits"):
        split_groups(np.array([0] * 10 + [1] * 2), np.arange(12), "ab", (0.8, 0.1, 0.1))


def test_records_become_strips_and_records_again() -> None:
    content = records("test")
    images, labels = read_records(content)
    assert images.shape == (100, 32, 32, 3)
    assert records_of_strip(images.reshape(100, 1024, 3), labels.astype(np.uint8)) == content


def test_records_are_planes_of_red_green_and_blue() -> None:
    planes = np.repeat(np.array([10, 20, 30], np.uint8), 1024).tobytes()
    images, labels = read_records(b"\x07" + planes)
    assert images[0, 5, 9].tolist() == [10, 20, 30]
    assert labels.tolist() == [7]


def test_a_split_s_digest_tells_any_change() -> None:
    split = sample().test
    other = split.take(np.arange(len(split)))
    assert other.digest == split.digest
    other.labels[0] = 9 - other.labels[0]
    assert other.digest != split.digest
