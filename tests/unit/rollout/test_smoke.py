"""What counts as answering golden examples rightly."""

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.rollout.smoke import compared

EXPECTED = np.array([[0.9, 0.1], [0.2, 0.8], [0.5002, 0.4998]] + [[0.7, 0.3]] * 17, np.float32)


def moved(example: int, by: float) -> NDArray[np.float32]:
    answers = EXPECTED.copy()
    answers[example] += np.array([-by, by], np.float32)
    return answers


@pytest.mark.parametrize(
    ("answers", "exact", "reduced"),
    [
        (EXPECTED, True, True),
        (moved(0, 0.00005), True, True),
        (moved(0, 0.01), False, True),
        (moved(0, 0.8), False, True),
        (EXPECTED[:, ::-1], False, False),
        (EXPECTED[:5], False, False),
        (np.full_like(EXPECTED, np.nan), False, False),
    ],
)
def test_float32_has_to_be_near_and_less_precise_engines_mostly_of_the_same_class(
    answers: NDArray[np.float32], *, exact: bool, reduced: bool
) -> None:
    assert compared(answers, EXPECTED, is_exact=True).passed == exact
    assert compared(answers, EXPECTED, is_exact=False).passed == reduced


def test_a_close_call_may_fall_the_other_way() -> None:
    outcome = compared(moved(2, 0.00009), EXPECTED, is_exact=True)
    assert outcome.numbers["other_classes"] == 0
