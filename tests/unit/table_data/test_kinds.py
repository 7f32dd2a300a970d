"""What a table's values are taken for, and what becomes of them."""

import math
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.cells import CellRefused, cell
from contract.columns import Column
from training.tables.data.kinds import COLUMN_TYPES, Kind, convert
from training.tables.data.profile import ColumnProfile, profile
from training.tables.data.source import Batch

TEXTS = st.text(alphabet="0123456789+-.eE infaNtruTRlsx", max_size=8) | st.sampled_from(
    ["", "NA", "1e400", " 7 ", "+3", "1.0", "-0", ".5", "5.", "true", "False", "١٢", "1_000", "nan", "inf"]
)


@given(st.lists(TEXTS, max_size=20), st.sampled_from(sorted(COLUMN_TYPES)))
def test_texts_become_what_the_contract_says(texts: list[str], kind: Kind) -> None:
    found, bad = convert(pa.array(texts, pa.string()), kind)
    judge = cell(Column(name="c", type=COLUMN_TYPES[kind], missing="nan"), is_text=True)
    for text, value, wrong in zip(texts, found.to_pylist(), bad.tolist(), strict=True):
        try:
            expected = judge(text)
        except CellRefused as refused:
            assert wrong or refused.rule == "range", text  # a number beyond float32 is still a number
        else:
            is_missing = math.isnan(expected) or (kind == "int" and abs(expected) >= 2.0**63)
            assert wrong == (is_missing and not math.isnan(expected)), text
            assert value is None if is_missing else value == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("values", "whole"),
    [
        (pa.array([1.0, 2.5, None, 1e300, math.nan, 2.0**63]), [1, None, None, None, None, None]),
        (pa.array([1, 2**63], pa.uint64()), [1, None]),
        (pa.array([Decimal("1.0"), Decimal("2.5")]), [1, None]),
    ],
)
def test_one_number_that_is_no_integer_costs_the_others_nothing(values: pa.Array, whole: list[int | None]) -> None:
    found, bad = convert(values, "int")
    assert found.to_pylist() == whole
    missing = [value is None or math.isnan(value) for value in values.to_pylist()]
    assert bad.tolist() == [value is None and not gone for value, gone in zip(whole, missing, strict=True)]


def column(values: pa.Array | list[str], *, is_text: bool = True) -> ColumnProfile:
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    half = len(array) // 2
    batches = [Batch(pa.RecordBatch.from_pydict({"c": part}), 0) for part in (array[:half], array[half:])]
    return profile(["c"], batches, is_text=is_text)[0]


@pytest.mark.parametrize(
    ("values", "kind", "bad"),
    [
        (["1", "2", "", "3.0"], "int", 0),
        (["1", "2.5", "NA"], "float", 0),
        (["0", "1", "1", ""], "int", 0),
        (["true", "FALSE"], "bool", 0),
        (["a", "b", "1"], "text", 0),
        (["01067", "04109"], "text", 0),
        (["12345678901234567890", "1"], "text", 0),
        (["2024-01-31", "", "2024-02-29"], "date", 0),
        (["1"] * 98 + ["x", "1,5"], "int", 2),
        (["1"] * 90 + ["x"] * 10, "text", 0),
        (["", "NA"], "text", 0),
        (["1e3", "-4.25"], "float", 0),
    ],
)
def test_texts_are_taken_for_what_nearly_all_of_them_are(values: list[str], kind: Kind, bad: int) -> None:
    found = column(values)
    assert (found.kind, found.bad) == (kind, bad)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pa.array([1, 2, None]), "int"),
        (pa.array([0, 1]), "int"),
        (pa.array([1.0, float("nan")]), "float"),
        (pa.array([True, None]), "bool"),
        (pa.array(["1", "2"]), "text"),
        (pa.array(["a", "b"]).dictionary_encode(), "text"),
        (pa.array([[1], [2]]), "other"),
        (pa.array([1, 2], pa.date32()), "date"),
        (pa.nulls(2), "text"),
    ],
)
def test_typed_values_are_what_they_are(values: pa.Array, kind: Kind) -> None:
    assert column(values, is_text=False).kind == kind


@pytest.mark.parametrize(
    ("values", "kind", "expected", "bad"),
    [
        (pa.array([1.0, 2.5, None]), "int", [1, None, None], [False, True, False]),
        (pa.array([1.0, float("nan")]), "int", [1, None], [False, False]),
        (pa.array([0, 1, 2]), "bool", [False, True, None], [False, False, True]),
        (pa.array([1.5, float("inf")]), "float", [1.5, None], [False, True]),
        (pa.array([1, 2]), "text", ["1", "2"], [False, False]),
    ],
)
def test_typed_values_are_converted_where_nothing_is_lost(
    values: pa.Array, kind: Kind, expected: list[object], bad: list[bool]
) -> None:
    found, wrong = convert(values, kind)
    assert (found.to_pylist(), wrong.tolist()) == (expected, bad)


def test_distinct_values_are_counted_in_bounded_memory() -> None:
    assert column([str(number % 9) + "x" for number in range(100)]).distinct == {f"{n}x" for n in range(9)}
    assert column([f"{number}x" for number in range(30_000)]).distinct is None


def test_ranges_and_missing_values_are_those_of_all_batches() -> None:
    found = column(["3", "", "-2.5", "NA", "7"])
    assert (found.minimum, found.maximum, found.missing, found.rows) == (-2.5, 7.0, 2, 5)
