"""Under load only some pictures are looked at."""

import json

import numpy as np

from contract.drift.pictures import figures
from gateway.prediction_log.lines import documents
from gateway.prediction_log.looks import SAVED_UP_S, Look, PictureLooks, take
from tests.unit.prediction_log.rig import entry

PIXELS = np.full((4, 4, 3), 100, np.uint8)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_looked_at_whole_and_steady_load_in_part() -> None:
    clock = Clock()
    looks = PictureLooks(2, clock)
    burst = [looks.at(PIXELS) for _ in range(100)]
    assert [one is not None for one in burst] == [True] * int(2 * SAVED_UP_S) + [False] * (100 - int(2 * SAVED_UP_S))
    seen = 0
    for step in range(1, 1001):
        clock.now = step / 100
        seen += looks.at(PIXELS) is not None
    assert 19 <= seen <= 20


def test_what_was_saved_up_has_a_bound() -> None:
    clock = Clock()
    looks = PictureLooks(1, clock)
    clock.now = 1e6
    assert sum(looks.at(PIXELS) is not None for _ in range(100)) == SAVED_UP_S


def test_pictures_of_all_sizes_are_looked_at_together_and_each_as_if_alone() -> None:
    random = np.random.default_rng(0)
    shapes = (32, 32, 3), (4, 4, 3), (32, 32, 3), (200, 120, 3), (2, 2, 1)
    pictures = [random.integers(0, 256, shape).astype(np.uint8) for shape in shapes]
    looks = [Look(pixels) for pixels in pictures]
    take(looks)
    assert [look.figures for look in looks] == [figures(pixels)._asdict() for pixels in pictures]


def test_an_entry_says_what_its_picture_looks_like() -> None:
    (found,) = documents([entry(features=Look(PIXELS))])
    assert json.loads(found)["features"] == {"brightness": 100.0, "contrast": 0.0, "sharpness": 0.0}
