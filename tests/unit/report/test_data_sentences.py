"""The sentences about the data say what the numbers show."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.cifar10 import sample
from tests.support.reports import make_split
from training.report.answers import Answers
from training.report.sections import distribution, intensities, samples, twins
from training.report.sections.intensities import Intensities
from training.report.sections.twins import Twin

EVEN = {"cat": 10, "dog": 10}


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (EVEN, EVEN, ["20 train, 20 test pictures", "each of the 2 labels has 10 pictures", "share them alike"]),
        (
            {"cat": 30, "dog": 10},
            EVEN,
            [
                "unbalanced: “cat”",
                "3.0 times as many pictures (30) as “dog”, the rarest (10)",
                "75.0% of the training and 50.0% of the test",
            ],
        ),
        ({"cat": 100, "dog": 104}, EVEN, ["almost balanced: “dog”", "1.04 times", "share them alike"]),
    ],
)
def test_the_labels_distribution(train: dict[str, int], test: dict[str, int], words: list[str]) -> None:
    text = distribution.sentence({"train": train, "test": test})
    assert all(word in text for word in words), text


def test_the_brightest_and_the_darkest_label() -> None:
    levels = samples.brightness(make_split(3, 5), 3)
    assert levels.tolist() == sorted(levels)
    text = samples.sentence(("cat", "dog", "frog"), levels)
    assert text.startswith("“frog” has the brightest pictures and “cat” the darkest")
    assert (
        samples.sentence(("cat", "dog"), np.array([70.2, 70.4]))
        == "The pictures of both labels are about as bright, 70 of 255 on average."
    )


def test_a_label_without_pictures_is_neither_brightest_nor_darkest() -> None:
    assert "“dog” has the brightest" in samples.sentence(("cat", "dog", "frog"), np.array([10.0, 90.0, np.nan]))


def flat(*levels: int) -> Intensities:
    """Pictures of one colour."""
    return Intensities.of(np.full((2, 4, 4, len(levels)), levels, np.uint8))


def test_the_channels_means_and_how_the_test_pictures_differ() -> None:
    text = intensities.sentence(flat(10, 0, 255), flat(10, 4, 255))
    assert text.startswith("On average blue 255.0, red 10.0 and green 0.0 of 255 in training")
    assert "33.3% of the values are black and 33.3% white" in text
    assert "at most 4.0 levels brighter (green)" in text
    assert "at most 5.0 levels darker (red)" in intensities.sentence(flat(10, 0, 255), flat(5, 0, 255))


def test_a_grey_picture_has_one_channel() -> None:
    text = intensities.sentence(flat(100), flat(100))
    assert text.startswith("On average grey 100.0 of 255")
    assert text.endswith("the test pictures are equally bright.")


TWINS = [Twin(test=1, train=0, distance=2.5), Twin(test=3, train=2, distance=4.0)]
TRAIN, TEST = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])


def test_near_duplicates_are_counted_with_what_they_change() -> None:
    answers = Answers(TEST, np.array([[0.4, 0.6], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9]], np.float32))
    text = twins.sentence(TWINS, TRAIN, TEST, answers)
    assert "2 of 4 test pictures (50.0%) have near-duplicates among the training pictures" in text
    assert "none of them with another label" in text
    assert text.endswith("without them the accuracy is 50.00% instead of 75.00%.")


def test_near_duplicates_with_another_label_are_counted() -> None:
    text = twins.sentence(TWINS, np.array([1, 0, 1, 1]), TEST, None)
    assert text.endswith("1 of them with another label.")


def test_data_without_near_duplicates_are_said_to_have_none() -> None:
    text = twins.sentence([], TRAIN, TEST, None)
    assert text == "None of the 4 test pictures has a near-duplicate among the training pictures."


def test_each_test_picture_s_nearest_twin_is_found() -> None:
    data = sample()
    train = data.train.images.copy()
    train[7], train[9] = data.test.images[3], data.test.images[3][:, ::-1]
    changed = replace(data, train=replace(data.train, images=train))
    (twin,) = [twin for twin in twins.find_twins(changed) if twin.test == 3]
    assert twin.train in (7, 9)
    assert twin.distance == pytest.approx(0, abs=0.01)
