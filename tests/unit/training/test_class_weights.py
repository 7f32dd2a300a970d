import numpy as np
import pytest

from training.class_weights import Choice, class_weights


def labels(*counts: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.repeat(np.arange(len(counts)), counts)


def test_balanced_labels_have_the_same_say() -> None:
    counts = (900, 300, 120)
    weights = class_weights(labels(*counts), 3, "balanced")
    assert weights is not None
    says = [weight * count for weight, count in zip(weights, counts, strict=True)]
    assert says == pytest.approx([440, 440, 440], rel=1e-3)


@pytest.mark.parametrize(
    ("counts", "choice", "weighted"),
    [
        ((100, 50), "auto", False),
        ((101, 50), "auto", True),
        ((100, 90), "balanced", True),
        ((1000, 5), "none", False),
    ],
)
def test_labels_are_weighted_when_one_is_over_twice_as_frequent_or_told(
    counts: tuple[int, ...], choice: Choice, weighted: bool
) -> None:
    assert (class_weights(labels(*counts), len(counts), choice) is not None) == weighted


def test_a_very_rare_label_does_not_drown_the_others() -> None:
    assert class_weights(labels(10_000, 2), 2, "balanced") == (0.5001, 10.0)
