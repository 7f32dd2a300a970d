"""From values to numbers: JSON, typed columns and CSV give the same, and whatever is wrong is named."""

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.cells import FLOAT32_MAX, NUMBER_PATTERN, NotANumber, Rule, ValueClass, value_class
from contract.columns import Column
from contract.errors import JsonInvalid
from contract.inputs import TableInput
from contract.json_rows import read_json
from contract.table import Encoded, Encoder

COLUMNS: dict[str, Column] = {
    "float": Column(name="x", type="float", minimum=-10, maximum=1e30),
    "float or NaN": Column(name="x", type="float", missing="nan"),
    "float or 7": Column(name="x", type="float", missing="default", default=7),
    "int": Column(name="x", type="int", minimum=-5),
    "int or NaN": Column(name="x", type="int", missing="nan"),
    "bool": Column(name="x", type="bool"),
    "bool or NaN": Column(name="x", type="bool", missing="nan"),
    "category": Column(name="x", type="category", allowed=("a", "b", "NA", "1", "true")),
    "category or other": Column(name="x", type="category", allowed=("a", "2"), unknown="other", missing="nan"),
    "category or a": Column(name="x", type="category", allowed=("b", "a"), missing="default", default="a"),
}
columns = st.sampled_from(sorted(COLUMNS)).map(COLUMNS.__getitem__)


def encoder(column: Column, *, is_text: bool = False) -> Encoder:
    return Encoder(TableInput(columns=(column,)), is_text=is_text)


def outcome(found: Encoded) -> tuple[bytes, list[tuple[int, str, ValueClass, Rule]]]:
    numbers = np.where(np.isnan(found.features), np.float32(np.nan), found.features + np.float32(0))
    return numbers.tobytes(), [(one.row, one.column, one.value, one.rule) for one in found.problems]


def by_value(column: Column, values: Sequence[Any], *, is_text: bool = False) -> Any:
    return outcome(encoder(column, is_text=is_text).rows([{"x": value} for value in values]))


def by_column(column: Column, values: Any, *, is_text: bool = False) -> Any:
    return outcome(encoder(column, is_text=is_text).batch(pa.record_batch({"x": values})))


TYPED: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.float64(): st.floats() | st.sampled_from([0.0, 1.0, -0.0, FLOAT32_MAX, FLOAT32_MAX * (1 + 1e-9), 2.0**24 + 1]),
    pa.float32(): st.floats(width=32),
    pa.float16(): st.floats(width=16),
    pa.int64(): st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.int8(): st.integers(-128, 127),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(max_size=3) | st.sampled_from(["a", "b", "1", "2", "NA", "", "nan", "inf", "true"]),
    pa.large_string(): st.sampled_from(["a", "b", "1", "NA"]),
    pa.null(): st.none(),
    pa.decimal128(10, 2): st.decimals(-10_000, 10_000, places=2),
    pa.decimal64(10, 2): st.decimals(-10_000, 10_000, places=2),
}


@settings(deadline=None, max_examples=200)
@given(column=columns, kind=st.sampled_from(list(TYPED)), data=st.data(), as_dictionary=st.booleans())
def test_rows_and_batches_of_the_same_values_give_the_same(
    column: Column, kind: pa.DataType, data: st.DataObject, as_dictionary: bool
) -> None:
    values = data.draw(st.lists(st.none() | TYPED[kind], max_size=8))
    array = pa.array(values, kind)
    if as_dictionary and kind not in (pa.null(), pa.float16(), pa.decimal64(10, 2)):
        array = array.dictionary_encode()
    assert by_column(column, array) == by_value(column, array.to_pylist())


TEXTS = (
    st.from_regex(NUMBER_PATTERN, fullmatch=True)
    | st.text("0123456789+-.eExinfaN_ \t", max_size=6)
    | st.sampled_from(["", "NA", "nan", "NAN", "-nan", "inf", "-Infinity", "1e400", "0x10", "1_0", " 1 ", "\t1", "١"])
    | st.sampled_from(["true", "False", "TRUE ", "0", "1", "a", "b", "2", "null", "None"])
)


@settings(deadline=None, max_examples=200)
@given(column=columns, values=st.lists(st.none() | TEXTS, max_size=8))
def test_texts_one_by_one_and_as_a_column_give_the_same(column: Column, values: list[str | None]) -> None:
    assert by_column(column, pa.array(values, pa.string()), is_text=True) == by_value(column, values, is_text=True)


@settings(deadline=None)
@given(column=columns, values=st.lists(st.none() | st.integers(-20, 20) | st.floats(-1e6, 1e6), max_size=8))
def test_numbers_as_texts_give_what_the_numbers_give(column: Column, values: list[float | None]) -> None:
    if column.type == "bool":
        values = [value for value in values if not isinstance(value, float)]
    if column.type == "category":  # a text that says 1.0 is another category than 1
        values = [value for value in values if not isinstance(value, float)]
    texts = ["" if value is None else repr(value) for value in values]
    typed, _ = by_value(column, values)
    assert by_value(column, texts, is_text=True)[0] == typed


@pytest.mark.parametrize(
    ("column", "value", "kind", "rule"),
    [
        ("float", "1", "text", "type"),
        ("float", "x", "text", "type"),
        ("float", True, "boolean", "type"),
        ("float", [1], "other", "type"),
        ("float", {}, "other", "type"),
        ("float", None, "missing", "missing"),
        ("float", math.nan, "missing", "missing"),
        ("float", NotANumber(), "nan", "type"),
        ("float or NaN", NotANumber(), "nan", "type"),
        ("float", math.inf, "infinity", "infinity"),
        ("float", -10.5, "number", "range"),
        ("float or NaN", 1e39, "number", "range"),
        ("float or NaN", 10**400, "integer", "range"),
        ("int", 1.5, "number", "type"),
        ("int", -6, "integer", "range"),
        ("bool", 2, "integer", "type"),
        ("bool", "true", "text", "type"),
        ("category", "c", "text", "allowed"),
        ("category", 1.5, "number", "type"),
        ("category", True, "boolean", "type"),
        ("category or other", [], "other", "type"),
    ],
)
def test_a_value_that_breaks_a_rule_is_named_by_its_class_and_the_rule(
    column: str, value: object, kind: str, rule: str
) -> None:
    numbers, problems = by_value(COLUMNS[column], [value])
    assert problems == [(0, "x", kind, rule)]
    assert np.isnan(np.frombuffer(numbers, np.float32)).all()


@pytest.mark.parametrize(
    ("column", "value", "number"),
    [
        ("int", 3.0, 3),
        ("float or 7", None, 7),
        ("float or NaN", math.nan, math.nan),
        ("float", Decimal("1.25"), 1.25),
        ("bool", 1.0, 1),
        ("category", "NA", 2),
        ("category", 1, 3),
        ("category", 1.0, 3),
        ("category or other", "z", 2),
        ("category or a", None, 1),
        ("int or NaN", 2**24 + 1, 2**24),
    ],
)
def test_what_a_value_becomes(column: str, value: object, number: float) -> None:
    numbers, problems = by_value(COLUMNS[column], [value])
    assert problems == []
    np.testing.assert_array_equal(np.frombuffer(numbers, np.float32), np.array([number], np.float32))


STRANGE = {
    "date": pa.array([dt.date(2026, 1, 1), None]),
    "timestamp": pa.array([1, None], pa.timestamp("ns")),
    "timestamp beyond Python's": pa.array([2**62, None], pa.timestamp("s")),
    "binary": pa.array([b"\xff", None]),
    "list": pa.array([[1.0], None]),
    "struct": pa.array([{"a": 1}, None]),
    "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "dictionary of dates": pa.array([dt.date(2026, 1, 1), None]).dictionary_encode(),
}


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("column", ["float or NaN", "bool or NaN", "category or other"])
def test_a_column_of_a_type_that_nothing_takes_is_a_problem_in_each_row_that_has_a_value(
    kind: str, column: str
) -> None:
    assert by_column(COLUMNS[column], STRANGE[kind])[1] == [(0, "x", "other", "type")]


def test_a_dictionary_with_as_many_values_as_its_index_type_counts_keeps_its_missing_values() -> None:
    column = Column(name="x", type="category", allowed=tuple(map(str, range(128))), missing="nan")
    values = pa.DictionaryArray.from_arrays(pa.array([0, None, 127], pa.int8()), pa.array(list(map(str, range(128)))))
    found = encoder(column).batch(pa.record_batch({"x": values}))
    np.testing.assert_array_equal(found.features[:, 0], [0, np.nan, 127])


def test_a_row_s_unknown_columns_are_problems_and_a_file_s_are_not() -> None:
    schema = TableInput(columns=(COLUMNS["float"],), id="key")
    assert Encoder(schema).rows([{"x": 1, "key": "k", "y": 2}]).problems[0].rule == "unknown-column"
    assert Encoder(schema).batch(pa.record_batch({"x": [1.0], "y": ["z"]})).problems == []


def test_a_column_that_is_not_there_is_missing_in_each_row() -> None:
    schema = TableInput(columns=(COLUMNS["float"], Column(name="y", type="category", allowed=("a",), missing="nan")))
    for found in (Encoder(schema).rows([{}, {}]), Encoder(schema).batch(pa.record_batch({"z": [1, 2]}))):
        assert [(one.row, one.column, one.rule) for one in found.problems] == [(0, "x", "missing"), (1, "x", "missing")]
        assert np.isnan(found.features).all()
        assert not found.accepted.any()


def test_one_bad_text_does_not_spoil_its_column() -> None:
    texts = ["1", "", "x", " 2", "inf", "3e2"]
    found = encoder(COLUMNS["float or NaN"], is_text=True).batch(pa.record_batch({"x": texts}))
    assert [(one.row, one.rule) for one in found.problems] == [(2, "type"), (4, "infinity")]
    np.testing.assert_array_equal(found.features[:, 0], np.array([1, np.nan, np.nan, 2, np.nan, 300], np.float32))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b'{"a": 1, "a": 2}', "A JSON object has a key twice."),
        (b'{"a": "\xff"}', "The JSON is not UTF-8."),
        (b'{"a": "\\ud800"}', "The JSON is not UTF-8."),
        (b'{"a": }', "It is not JSON: line 1, column 7."),
        (b"", "It is not JSON: line 1, column 1."),
        (b"[" * 100_000, "The JSON is nested too deeply."),
    ],
)
def test_json_is_read_strictly(text: bytes, sentence: str) -> None:
    with pytest.raises(JsonInvalid) as caught:
        read_json(text)
    assert caught.value.detail == sentence


def test_words_and_huge_numbers_in_json_are_values_that_no_column_takes() -> None:
    found = read_json(b'{"a": NaN, "b": -Infinity, "c": ' + b"9" * 10_000 + b', "d": 1e999}')
    assert [value_class(value) for value in found.values()] == ["nan", "infinity", "integer", "infinity"]
    assert by_value(COLUMNS["float or NaN"], [found["c"]])[1] == [(0, "x", "integer", "range")]
