"""What a model's numbers are taken for."""

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import helper

from tests.support.foreign import colour_model
from training.importing.answers import Kind, columns, kind_of, last_operator, probabilities
from training.importing.errors import SchemaUnclear

LOGITS = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, 0.3]], np.float32)
SHARES = np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]], np.float32)
LABELS = ("a", "b", "c")


def test_answers_of_any_shape_are_one_row_a_picture() -> None:
    assert columns(LOGITS.reshape(2, 3, 1, 1), LABELS).shape == (2, 3)
    assert columns(LOGITS[:, 0], ("no", "yes")).shape == (2, 1)


@pytest.mark.parametrize("labels", [("a", "b"), (*LABELS, "d")])
def test_another_number_of_labels_is_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(SchemaUnclear, match=f"3 number.*{len(labels)} labels"):
        columns(LOGITS, labels)


@pytest.mark.parametrize(
    ("last", "said", "numbers", "kind", "reason"),
    [
        ("Softmax", None, SHARES, "probabilities", "ends in Softmax"),
        ("Sigmoid", None, SHARES[:, :1], "probabilities", "ends in Sigmoid"),
        ("Softmax", "probabilities", SHARES, "probabilities", "ends in Softmax"),
        ("Gemm", "logits", LOGITS, "logits", "spec says so"),
        ("Gemm", "probabilities", SHARES, "probabilities", "spec says so"),
        ("Gemm", None, LOGITS, "logits", "don't add up to 1"),
        ("Gemm", None, SHARES, "probabilities", "add up to 1"),
        ("Gemm", None, LOGITS[:, :1], "logits", "leave 0 to 1"),
        ("LogSoftmax", None, np.log(SHARES), "logits", "don't add up to 1"),
    ],
)
def test_numbers_are_told_apart(
    last: str, said: Kind | None, numbers: NDArray[np.float32], kind: Kind, reason: str
) -> None:
    found, why = kind_of(last, said, numbers)
    assert found == kind
    assert reason in why


@pytest.mark.parametrize(
    ("last", "said", "numbers", "complaint"),
    [
        ("Softmax", "logits", SHARES, "ends in Softmax"),
        ("Gemm", "probabilities", LOGITS, "no probabilities"),
        ("Sigmoid", None, np.array([[0.9, 0.8, 0.1]], np.float32), "Several labels a picture"),
        ("Gemm", None, SHARES[:, :1], "`output: probabilities` or `output: logits`"),
    ],
)
def test_contradictions_and_doubt_are_told(
    last: str, said: Kind | None, numbers: NDArray[np.float32], complaint: str
) -> None:
    with pytest.raises(SchemaUnclear, match=complaint):
        kind_of(last, said, numbers)


def test_logits_become_probabilities_however_large() -> None:
    answers = probabilities(LOGITS * 1000, "logits")
    np.testing.assert_allclose(answers, [[1, 0, 0], [0, 0, 1]], atol=1e-6)
    assert answers.dtype == np.float32


def test_one_column_is_the_second_label_s() -> None:
    np.testing.assert_allclose(probabilities(np.array([[0.2]], np.float32), "probabilities"), [[0.8, 0.2]], atol=1e-7)
    np.testing.assert_allclose(
        probabilities(np.array([[0.0], [1e4]], np.float32), "logits"), np.array([[0.5, 0.5], [0, 1]])
    )


def test_the_last_operator_is_the_one_that_makes_the_numbers() -> None:
    model = colour_model(end="Softmax")
    model.graph.node.append(helper.make_node("Flatten", ["scores"], ["flat"]))
    model.graph.node.append(helper.make_node("Cast", ["flat"], ["out"], to=1))
    assert last_operator(model.graph, "out") == "Softmax"
    assert last_operator(model.graph, "logits") == "MatMul"
    assert last_operator(model.graph, "pixels") is None
