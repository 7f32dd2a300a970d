import pytest

from training.report.words import counted, listed, percent, points, quoted, shortened


def test_numbers_are_written_as_people_read_them() -> None:
    assert percent(0.8854) == "88.5%"
    assert points(-0.013) == "1.3 points"
    assert points(0.01, 0) == "1 point"
    assert points(0.00999) == "1.0 point"
    assert counted(1, "picture") == "1 picture"
    assert counted(1200, "picture") == "1,200 pictures"


@pytest.mark.parametrize(("items", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_lists_end_with_and(items: list[str], text: str) -> None:
    assert listed(items) == text


def test_a_long_label_keeps_its_beginning_and_its_end() -> None:
    short = shortened("very long label with a number 17", 16)
    assert len(short) == 16
    assert short == "very long …er 17"
    assert shortened("short") == "short"
    assert quoted("x" * 100).count("x") < 50
