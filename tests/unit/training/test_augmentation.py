import numpy as np

from tests.support.cifar10 import sample
from training.augmentation import SHIFT, augment_epoch, epoch_order

IMAGES = sample().train.images[:60]


def crops(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> set[bytes]:
    """All shifted versions of a picture."""
    padded = np.pad(image, ((SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")
    moves = range(2 * SHIFT + 1)
    return {padded[down : down + 32, right : right + 32].tobytes() for down in moves for right in moves}


def test_every_picture_is_its_own_shifted_by_at_most_two_pixels_perhaps_mirrored() -> None:
    for before, after in zip(IMAGES, augment_epoch(IMAGES, seed=1, epoch=0), strict=True):
        assert after.tobytes() in crops(before) | crops(before[:, ::-1])


def test_two_epochs_show_each_picture_both_ways() -> None:
    first, second = (augment_epoch(IMAGES, seed=1, epoch=epoch) for epoch in (0, 1))
    mirrored = [
        [after.tobytes() in crops(before[:, ::-1]) for before, after in zip(IMAGES, epoch, strict=True)]
        for epoch in (first, second)
    ]
    assert all(one != other for one, other in zip(*mirrored, strict=True))
    assert 0 < sum(mirrored[0]) < len(IMAGES)


def test_an_epoch_looks_the_same_whenever_it_is_made() -> None:
    assert np.array_equal(augment_epoch(IMAGES, 1, 3), augment_epoch(IMAGES, 1, 3))
    assert np.array_equal(epoch_order(60, 1, 3), epoch_order(60, 1, 3))


def test_epochs_and_seeds_differ() -> None:
    assert not np.array_equal(augment_epoch(IMAGES, 1, 1), augment_epoch(IMAGES, 1, 3))
    assert not np.array_equal(epoch_order(60, 1, 0), epoch_order(60, 1, 1))
    assert not np.array_equal(epoch_order(60, 1, 0), epoch_order(60, 2, 0))


def test_an_order_holds_every_picture_once() -> None:
    assert sorted(epoch_order(60, 1, 0).tolist()) == list(range(60))
