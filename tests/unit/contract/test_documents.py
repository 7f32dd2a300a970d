"""Input schemas, metrics, golden examples and atomic files."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from contract import files
from contract.columns import Column
from contract.golden import GoldenExamples
from contract.inputs import ImageInput, TableInput
from contract.metrics import ClassScores, Evaluation, Scores


@pytest.mark.parametrize(
    "column",
    [
        {"name": "a", "type": "bool", "minimum": 1},
        {"name": "a", "type": "category"},
        {"name": "a", "type": "category", "allowed": ["x", "x"]},
        {"name": "a", "type": "category", "allowed": ["x"], "missing": "default", "default": "y"},
        {"name": "a", "type": "float", "unknown": "other"},
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


def test_the_columns_of_a_table_are_unique_and_the_id_is_none_of_them() -> None:
    number, job = Column(name="age", type="int", minimum=18), Column(name="job", type="category", allowed=("a", "b"))
    assert TableInput(columns=(number, job), id="key").names == ("age", "job")
    with pytest.raises(ValidationError, match="repeat"):
        TableInput(columns=(number, number))
    with pytest.raises(ValidationError, match="repeat"):
        TableInput(columns=(number,), id="age")


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
    golden = GoldenExamples(
        bodies=[b"one", b"", b"three\x00"],
        tensors=np.arange(36, dtype=np.uint8).reshape(3, 2, 2, 3),
        probabilities=np.array([[0.1, 0.9], [1, 0], [0.5, 0.5]], np.float32),
        labels=["a", "b", "ä"],
    )
    golden.write(tmp_path / "golden.parquet")
    read = GoldenExamples.read(tmp_path / "golden.parquet")
    assert list(read.bodies) == list(golden.bodies)
    assert list(read.labels) == list(golden.labels)
    np.testing.assert_array_equal(read.tensors, golden.tensors)
    np.testing.assert_array_equal(read.probabilities, golden.probabilities)
    assert read.probabilities.dtype == np.float32


def test_golden_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        GoldenExamples([b""], np.zeros((2, 1, 1, 3), np.uint8), np.zeros((1, 2), np.float32), ["a"])


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
