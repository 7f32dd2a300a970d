import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cifar10 import records, sample
from training.data.records import read_records, records_of_strip
from training.data.splitting import validation_indices
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
