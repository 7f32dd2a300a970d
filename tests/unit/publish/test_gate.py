"""What the conversion gate lets through."""

import io

import numpy as np
import pytest
from PIL import Image

from contract.golden import GoldenExamples
from contract.inputs import ImageInput
from training.publish.errors import GateFailed
from training.publish.gate import compare, preprocess

EXPECTED = np.array([[0.7, 0.2, 0.1], [0.4004, 0.4, 0.1996]], np.float32)
SCHEMA = ImageInput(height=8, width=8)


def test_equal_answers_pass_and_small_differences_are_measured() -> None:
    assert compare(EXPECTED.copy(), EXPECTED) == 0.0
    assert compare(EXPECTED + np.float32(5e-5), EXPECTED) == pytest.approx(5e-5, rel=0.05)


def test_a_probability_too_far_off_fails_with_its_example() -> None:
    answers = EXPECTED.copy()
    answers[1, 2] += 2e-4
    with pytest.raises(GateFailed, match=r"example 1 differs by 0\.0002"):
        compare(answers, EXPECTED)


def test_nan_fails() -> None:
    answers = EXPECTED.copy()
    answers[0, 0] = np.nan
    with pytest.raises(GateFailed, match="example 0"):
        compare(answers, EXPECTED)


def test_the_class_may_differ_where_the_two_best_are_close() -> None:
    expected = np.array([[0.40005, 0.4, 0.19995]], np.float32)
    answers = expected + np.array([[-0.9e-4, 0.9e-4, 0]], np.float32)
    assert answers.argmax() != expected.argmax()
    assert compare(answers, expected) == pytest.approx(0.9e-4, rel=0.01)


def test_a_clear_class_can_not_change_within_the_limit_unnoticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.publish.gate.MAX_PROBABILITY_DIFFERENCE", 0.5)
    with pytest.raises(GateFailed, match="another class"):
        compare(EXPECTED[:, [1, 0, 2]], EXPECTED)


def golden(tensor_change: int = 0) -> GoldenExamples:
    pixels = np.random.default_rng(0).integers(0, 200, (2, 8, 8, 3), dtype=np.uint8)
    bodies = []
    for picture in pixels:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG")
        bodies.append(buffer.getvalue())
    pixels[1, 3, 3, 0] += tensor_change
    return GoldenExamples(bodies, pixels, np.full((2, 2), 0.5, np.float32), ["a", "b"])


def test_tensors_are_made_from_the_encoded_pictures() -> None:
    np.testing.assert_array_equal(preprocess(golden(), SCHEMA), golden().tensors)


def test_another_tensor_than_in_training_fails_with_its_example() -> None:
    with pytest.raises(GateFailed, match="golden example 1"):
        preprocess(golden(tensor_change=1), SCHEMA)
