from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.support.reports import make_answers
from training.report.answers import Answers
from training.report.errors import AnswersInvalid

TRUTH = np.repeat(np.arange(3), 5)


def test_answers_come_back_as_they_were_written(tmp_path: Path) -> None:
    answers = make_answers(TRUTH, 3)
    answers.write(tmp_path / "answers.parquet")
    again = Answers.read(tmp_path / "answers.parquet")
    assert np.array_equal(again.truth, answers.truth)
    assert again.probabilities.tobytes() == answers.probabilities.tobytes()
    assert again.probabilities.dtype == np.float32
    assert again.truth.dtype == np.int64


def test_the_table_has_numbers_only(tmp_path: Path) -> None:
    make_answers(TRUTH, 3).write(tmp_path / "answers.parquet")
    schema = pq.read_schema(tmp_path / "answers.parquet")
    assert {field.name: str(field.type) for field in schema} == {
        "index": "int64",
        "truth": "int64",
        "probabilities": "fixed_size_list<element: float>[3]",
    }


@pytest.mark.parametrize("content", [b"", b"no table", None])
def test_a_damaged_table_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "answers.parquet"
    if content is None:
        make_answers(TRUTH, 3).write(path)
        content = path.read_bytes()[:-40]
    path.write_bytes(content)
    with pytest.raises(AnswersInvalid):
        Answers.read(path)


def test_a_true_label_that_the_model_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="don't fit"):
        Answers(np.array([0, 3]), np.full((2, 3), 1 / 3, np.float32))
