"""Two models on the same pictures, in one real server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from contract.card import Output
from contract.inputs import ImageInput
from tests.support.cifar10 import sample
from tests.support.versions import network
from training.retrain.arena import Arena, Contender, arena
from training.retrain.challenge import CHALLENGER, CHAMPION, PictureExam, contest, right

SMALL = ImageInput(height=16, width=16)


def contender(path: Path, labels: tuple[str, ...], seed: int) -> Contender:
    path.write_bytes(network(labels, seed).SerializeToString())
    return Contender(path, ImageInput(height=32, width=32), Output(labels=labels))


def small(path: Path, labels: tuple[str, ...]) -> Contender:
    """One that takes pictures of 16×16."""
    model = network(labels, 8)
    taken = helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 16, 16, 3])
    model.graph.input[0].CopyFrom(taken)
    onnx.save(model, path)
    return Contender(path, SMALL, Output(labels=labels))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    root = tmp_path_factory.mktemp("arena")
    labels = sample().labels
    # The same network, whose answers come in another order.
    turned = contender(root / "turned.onnx", labels, 8)
    champion = replace(turned, output=Output(labels=labels[::-1]))
    others = {"weak": contender(root / "weak.onnx", labels, 2), "small": small(root / "small.onnx", labels)}
    with arena(root, champion=champion, challenger=contender(root / "best.onnx", labels, 8), **others) as running:
        yield running


@pytest.fixture
def exam() -> PictureExam:
    data = sample()
    return PictureExam(data.test, data.labels, data.input)


def test_what_a_contender_is_right_about_is_what_its_graph_says(running: Arena, exam: PictureExam) -> None:
    images = exam.split.images.astype(np.float32).mean(axis=(1, 2))
    weights = onnx.numpy_helper.to_array(network(sample().labels, 8).graph.initializer[0])
    expected = (images @ weights).argmax(axis=1) == exam.split.labels
    assert right(running, CHALLENGER, exam).tolist() == expected.tolist()


def test_labels_are_compared_by_their_names(running: Arena, exam: PictureExam) -> None:
    numbers = running.answers(CHAMPION, exam.split.images).argmax(axis=1)
    expected = 9 - numbers == exam.split.labels
    assert right(running, CHAMPION, exam).tolist() == expected.tolist()
    assert contest(running, "test", exam).champion_accuracy == expected.mean()


def test_a_contender_of_another_size_gets_the_same_pictures_in_its_own(running: Arena, exam: PictureExam) -> None:
    assert exam.tensors(running.contenders["small"]).shape == (100, 16, 16, 3)
    # The mean colour is nearly the same, so the answers are.
    agree = right(running, "small", exam) == right(running, CHALLENGER, exam)
    assert agree.mean() > 0.95
