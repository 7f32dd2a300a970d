"""Input schemas, metrics, golden examples and atomic files."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from contract import files
from contract.golden import GoldenPictures
from contract.inputs import Column, ImageInput, TableInput
from contract.metrics import ClassScores, Evaluation, Scores


@pytest.mark.parametrize(
    "column",
    [
        {"name": "a", "type": "string", "minimum": 1},
        {"name": "a", "type": "float", "allowed": ["x"]},
        {"name": "a", "type": "float", "minimum": 2, "maximum": 1},
        {"name": "a", "type": "float", "missing": "default"},
        {"name": "a", "type": "float", "default": 1},
        {"name": "", "type": "float"},
        {"name": "a", "type": "date"},
    ],
)
def test_a_column_that_contradicts_itself_is_refused(column: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Column.model_validate(column)


def test_a_table_has_unique_columns_and_packs_numbers_only() -> None:
    number, text = Column(name="age", type="int", minimum=18, maximum=99), Column(name="job", type="string")
    assert TableInput(columns=(number, text)).layout == "columns"
    assert TableInput(columns=(number,), layout="packed").tensor == "features"
    with pytest.raises(ValidationError, match="repeat"):
        TableInput(columns=(number, number))
    with pytest.raises(ValidationError, match="numbers only"):
        TableInput(columns=(number, text), layout="packed")


def test_an_input_schema_can_not_be_changed() -> None:
    schema = ImageInput(height=2, width=3)
    assert schema.shape == (2, 3, 3)
    with pytest.raises(ValidationError):
        schema.height = 4  # type: ignore[misc]


def test_a_confusion_matrix_fits_its_classes() -> None:
    scores = Scores(precision=1, recall=1, f1=1)
    classes = tuple(
        ClassScores(label=label, support=1, roc_auc=None, precision=1, recall=1, f1=1) for label in ("a", "b")
    )
    with pytest.raises(ValidationError, match="confusion"):
        Evaluation(
            split="test",
            examples=2,
            accuracy=1,
            macro=scores,
            weighted=scores,
            roc_auc=None,
            classes=classes,
            confusion=((1, 0),),
        )


def test_golden_examples_survive_being_written_and_read(tmp_path: Path) -> None:
    golden = GoldenPictures(
        bodies=[b"one", b"", b"three\x00"],
        tensors=np.arange(36, dtype=np.uint8).reshape(3, 2, 2, 3),
        probabilities=np.array([[0.1, 0.9], [1, 0], [0.5, 0.5]], np.float32),
        labels=["a", "b", "ä"],
    )
    golden.write(tmp_path / "golden.parquet")
    read = GoldenPictures.read(tmp_path / "golden.parquet")
    assert list(read.bodies) == list(golden.bodies)
    assert list(read.labels) == list(golden.labels)
    np.testing.assert_array_equal(read.tensors, golden.tensors)
    np.testing.assert_array_equal(read.probabilities, golden.probabilities)
    assert read.probabilities.dtype == np.float32


def test_golden_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        GoldenPictures([b""], np.zeros((2, 1, 1, 3), np.uint8), np.zeros((1, 2), np.float32), ["a"])


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file"
    files.write_atomically(target, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
