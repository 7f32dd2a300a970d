"""What stands in a page can't become a part of it."""

from hypothesis import given
from hypothesis import strategies as st

from training.drift_report.texts import LONGEST, distinct, harmless


@given(st.text())
def test_no_text_can_end_a_script_or_begin_a_tag(text: str) -> None:
    found = harmless(text)
    assert not set(found) & set("<>&\"'`\\\n\r\t\0\u2028\u2029")
    assert len(found) <= LONGEST


@given(st.lists(st.text(), unique=True))
def test_what_was_different_stays_different(texts: list[str]) -> None:
    found = distinct(texts)
    assert len(set(found)) == len(texts)
    assert found == distinct(texts)


def test_plain_words_stay_what_they_are() -> None:
    assert distinct(["income", "debt/income ratio (%)"]) == ["income", "debt/income ratio (%)"]


def test_long_names_that_begin_alike_are_numbered() -> None:
    first, second = distinct(["x" * 100, "x" * 101])
    assert second == f"{first} (2)"
