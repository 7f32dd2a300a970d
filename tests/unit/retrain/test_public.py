"""What leaves the machine says nothing of its folders."""

import pytest

from training.retrain.public import LONGEST, public


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The disk that holds /var/lib/runs is full.", "The disk that holds … is full."),
        ("The checkpoint '/a/b.npz' is damaged.", "The checkpoint '…' is damaged."),
        ("The report is /data/runs/1/report.html.", "The report is …."),
        ("Epoch 1/3: loss 0.5", "Epoch 1/3: loss 0.5"),
        ("two\nlines\x1b[31m\x00", "two lines [31m"),
    ],
)
def test_paths_and_control_characters_are_taken_out(text: str, wanted: str) -> None:
    assert public(text) == wanted


def test_a_line_is_cut() -> None:
    assert len(public("x" * 1000)) == LONGEST
