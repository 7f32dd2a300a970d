"""The 189 features of the shipped recipe: one definition for raw rows, rows by value, and rows by id."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from contract.errors import SqlInvalid
from contract.inputs import TableInput
from contract.sql.features import SqlFeatures
from contract.sql.raw import ARROW, read_raw
from contract.sql.runner import SqlRunner
from contract.sql.types import check_raw
from contract.table import Encoder, Features
from tests.unit.credit.conftest import SMALL, Part
from training.tables.credit.generator import TABLES, generate
from training.tables.credit.making import with_features
from training.tables.credit.plan import SPLITS, Split
from training.tables.recipe import Recipe
from training.tables.sql_proof import prove_alike


def test_the_recipe_has_189_columns_and_says_that_its_data_are_generated(recipe: Recipe) -> None:
    assert len(recipe.columns) == 189
    assert recipe.origin.kind == "generated"
    assert "generated" in recipe.description


def test_the_recipe_s_raw_tables_are_those_of_the_generator(recipe: Recipe) -> None:
    block = next(generate(SMALL))
    assert recipe.sql is not None
    assert tuple(table.name for table in recipe.sql.tables) == TABLES
    for table in recipe.sql.tables:
        check_raw(table, block.tables[table.name].schema)
        assert [column.name for column in table.columns] == block.tables[table.name].column_names
        assert {column.type for column in table.columns} <= set(ARROW)


@pytest.mark.parametrize("change", [{}, {"drift": 5.0}, {"missing": 1.0}, {"missing": 0.0, "seed": 7}])
def test_no_generated_value_breaks_its_column_s_rules(
    runner: SqlRunner, schema: TableInput, change: dict[str, Any]
) -> None:
    for _, features in with_features(replace(SMALL, **change), runner):
        assert [problem for batch in features.to_batches() for problem in Encoder(schema).batch(batch).problems] == []


@pytest.mark.parametrize("split", SPLITS)
def test_raw_rows_rows_by_value_and_rows_by_id_are_the_same_features_bit_for_bit(
    runner: SqlRunner, schema: TableInput, parts: dict[Split, Part], split: Split, tmp_path: Any
) -> None:
    part = parts[split]
    pq.write_table(part.features, tmp_path / "features.parquet")
    for place in (0, 1, 7, len(part.features) - 1):
        key = part.features["application_id"][place]
        by_id = pq.read_table(tmp_path / "features.parquet", filters=pc.field("application_id") == key)
        stored = _encoded(by_id, schema)
        value = json.loads(json.dumps(by_id.to_pylist()))
        assert _bits(stored) == _bits(_encoded(part.features.slice(place, 1), schema))
        assert _bits(stored) == _bits(Encoder(schema).rows(value).features)
        assert _bits(stored) == _bits(_encoded(runner.run(_raw(runner, part, key)), schema))


def test_applications_without_history_have_features_too(runner: SqlRunner, parts: dict[Split, Part]) -> None:
    row = parts["train"].tables["applications"].slice(0, 1).to_pylist()
    raw = read_raw(runner.features, {"applications": row, "bureau": [], "previous": [], "payments": []})
    (found,) = runner.run(raw.tables).to_pylist()
    assert (found["bureau_count"], found["previous_count"], found["paid_count"]) == (0, 0, 0)
    assert found["paid_late_share"] is None
    assert found["credit_to_income"] == pytest.approx(row[0]["credit"] / row[0]["income"])


def test_features_are_what_their_names_say(parts: dict[Split, Part]) -> None:
    part = parts["train"]
    payments = part.tables["payments"].to_pylist()
    for row in part.features.slice(0, 200).to_pylist():
        own = [paid for paid in payments if paid["application_id"] == row["application_id"]]
        late = [paid for paid in own if paid["paid_day"] is not None and paid["paid_day"] > paid["due_day"]]
        assert row["paid_count"] == len(own)
        assert row["paid_late"] == (len(late) if own else None)
        assert row["paid_due"] == (sum(paid["due_amount"] for paid in own) if own else None)
        assert row["paid_late_share"] == (pytest.approx(len(late) / len(own)) if own else None)


def test_the_order_of_raw_rows_does_not_matter(runner: SqlRunner, parts: dict[Split, Part]) -> None:
    part, random = parts["test"], np.random.default_rng(0)
    mixed = {name: table.take(random.permutation(len(table))) for name, table in part.tables.items()}
    assert runner.run(mixed).equals(part.features)


def test_steps_that_look_at_other_applications_are_found_out(schema: TableInput, parts: dict[Split, Part]) -> None:
    assert schema.sql is not None
    first, *others = schema.sql.steps
    looking = first.select.replace("credit - goods_price AS", "credit - goods_price + max(credit) OVER () AS")
    steps = (first.model_copy(update={"select": looking}), *others)
    sql = SqlFeatures(tables=schema.sql.tables, steps=steps)
    runner, tables = SqlRunner(schema.model_copy(update={"sql": sql})), dict(parts["test"].tables)
    with pytest.raises(SqlInvalid, match="'credit_over_goods'"):
        prove_alike(runner, tables, runner.run(tables), [0, 1])


def _encoded(features: pa.Table, schema: TableInput) -> Features:
    (batch,) = features.to_batches()
    return Encoder(schema).batch(batch).features


def _raw(runner: SqlRunner, part: Part, key: pa.Scalar) -> Any:
    own = {name: table.filter(pc.equal(table["application_id"], key)) for name, table in part.tables.items()}
    raw = read_raw(runner.features, json.loads(json.dumps({name: table.to_pylist() for name, table in own.items()})))
    assert raw.problems == []
    return raw.tables


def _bits(features: Features) -> bytes:
    assert features.dtype == np.float32
    return features.tobytes()
