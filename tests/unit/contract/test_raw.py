"""Raw tables as JSON: strictly typed, and each bad cell is named."""

import datetime as dt
import json
from typing import Any, Literal

import pytest

from contract.cells import Rule
from contract.sql.features import RawColumn, RawTable, SqlFeatures, SqlStep
from contract.sql.raw import read_raw
from contract.table import CellProblem

Kind = Literal["float", "int", "bool", "text", "date"]
STEP = SqlStep(name="all", select="SELECT 1")


def features(kind: Kind) -> SqlFeatures:
    columns = (RawColumn(name="a", type=kind), RawColumn(name="b", type="int"))
    return SqlFeatures(tables=(RawTable(name="t", columns=columns),), steps=(STEP,))


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("float", 1, 1.0),
        ("float", 0.1, 0.1),
        ("float", float("nan"), None),
        ("int", 2**62 + 1, 2**62 + 1),
        ("int", 3.0, 3),
        ("bool", True, True),
        ("bool", 0, False),
        ("text", "", ""),
        ("text", "NA", "NA"),
        ("date", "2024-02-29", dt.date(2024, 2, 29)),
        ("date", None, None),
    ],
)
def test_values_are_read_by_their_column_s_type(kind: Kind, value: object, expected: object) -> None:
    raw = read_raw(features(kind), {"t": [{"a": value, "b": 1}]})
    assert raw.problems == []
    assert raw.tables["t"].to_pylist() == [{"a": expected, "b": 1}]


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        ("float", "1", "type"),
        ("float", True, "type"),
        ("float", float("inf"), "infinity"),
        ("float", 10**400, "range"),
        ("int", 1.5, "type"),
        ("int", float("-inf"), "infinity"),
        ("int", 2**63, "range"),
        ("int", 1e30, "range"),
        ("int", False, "type"),
        ("int", [1], "type"),
        ("bool", 2, "type"),
        ("bool", "true", "type"),
        ("text", 5, "type"),
        ("text", {"a": 1}, "type"),
        ("date", "2023-02-29", "type"),
        ("date", 20240101, "type"),
    ],
)
def test_a_value_of_another_type_is_a_problem_with_its_place(kind: Kind, value: object, rule: Rule) -> None:
    raw = read_raw(features(kind), {"t": [{"a": None, "b": 1}, {"a": value, "b": 2}]})
    assert [(problem.row, problem.column, problem.rule) for problem in raw.problems] == [(1, "t.a", rule)]
    assert raw.tables["t"]["a"].to_pylist() == [None, None]


def test_unknown_keys_are_problems_and_absent_keys_are_missing_values() -> None:
    rows: list[dict[str, Any]] = json.loads('[{"a": 1, "b": 2}, {"b": 3, "c": "x"}]')
    raw = read_raw(features("int"), {"t": rows})
    assert raw.problems == [CellProblem(1, "t.c", "text", "unknown-column")]
    assert raw.tables["t"].to_pylist() == [{"a": 1, "b": 2}, {"a": None, "b": 3}]
