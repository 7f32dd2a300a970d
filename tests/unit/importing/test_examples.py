"""Which examples an import takes."""

from pathlib import Path

import pytest

from contract.inputs import ImageInput
from tests.support.foreign import COLOURS, LABELS, write_pictures
from training.importing.errors import ExamplesInvalid
from training.importing.examples import find_examples, read_examples

SCHEMA = ImageInput(height=8, width=8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "examples")


def test_pictures_get_the_numbers_of_their_labels_in_the_order_of_the_outputs(root: Path) -> None:
    labels = ("red", "blue", "green")
    split = read_examples(find_examples(root, labels), SCHEMA)
    assert split.images.shape == (12, 8, 8, 3)
    for image, number in zip(split.images, split.labels, strict=True):
        assert abs(image.mean((0, 1)) - COLOURS[labels[number]]).max() < 20


def test_the_bodies_are_the_files(root: Path) -> None:
    split = read_examples(find_examples(root, LABELS), SCHEMA)
    assert split.body(0) == (root / "blue" / "0.png").read_bytes()


@pytest.mark.parametrize(
    ("labels", "reason"),
    [(("blue", "green"), "'red' is not one of the labels"), ((*LABELS, "white"), "first of them 'white'")],
)
def test_folders_and_labels_must_agree(root: Path, labels: tuple[str, ...], reason: str) -> None:
    with pytest.raises(ExamplesInvalid, match=reason):
        find_examples(root, labels)


def test_a_label_that_is_a_path_finds_nothing(root: Path) -> None:
    write_pictures(root.parent / "others", ["red"])
    with pytest.raises(ExamplesInvalid, match="others/red"):
        find_examples(root, (*LABELS, "../others/red"))


def test_too_few_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExamplesInvalid, match=r"There are 9 examples.*at least 10"):
        find_examples(write_pictures(tmp_path / "few", each=3), LABELS)


def test_too_many_for_the_memory_are_refused_before_one_is_read(root: Path) -> None:
    with pytest.raises(ExamplesInvalid, match="too many"):
        read_examples(find_examples(root, LABELS), ImageInput(height=50_000, width=50_000))


def test_a_broken_picture_is_named(root: Path) -> None:
    (root / "green" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(ExamplesInvalid, match=r"green/0\.png"):
        read_examples(find_examples(root, LABELS), SCHEMA)


def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExamplesInvalid, match="no folder"):
        find_examples(tmp_path / "nowhere", LABELS)
