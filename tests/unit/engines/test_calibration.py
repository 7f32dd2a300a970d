"""Which pictures are taken."""

import numpy as np

from tests.support.cifar10 import sample
from training.engines.calibration import calibration_pictures, stratified

LABELS = np.array([0] * 60 + [1] * 30 + [2] * 10)


def test_each_label_keeps_its_share() -> None:
    assert np.bincount(LABELS[stratified(LABELS, 50)]).tolist() == [30, 15, 5]


def test_no_picture_is_taken_twice_and_all_are_taken_when_there_are_few() -> None:
    assert len(set(stratified(LABELS, 37).tolist())) == 37
    np.testing.assert_array_equal(stratified(LABELS, 1000), np.arange(100))


def test_the_same_pictures_are_taken_each_time() -> None:
    train = sample().train
    np.testing.assert_array_equal(calibration_pictures(train), calibration_pictures(train))
