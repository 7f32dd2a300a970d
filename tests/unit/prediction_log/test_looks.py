"""Under load only some pictures are looked at."""

import numpy as np

from gateway.prediction_log.looks import SAVED_UP_S, PictureLooks

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
    assert burst[0] == {"brightness": 100.0, "contrast": 0.0, "sharpness": 0.0}
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
