"""Encoded rows and rows as users send them say the same."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.columns import Column
from contract.inputs import TableInput
from contract.table import Encoder
from training.tables import golden as golden_module
from training.tables.dataset import Features, TableData, TableSplit
from training.tables.decoding import arrow_table, json_rows, unknown_value
from training.tables.errors import EncodingChanged
from training.tables.feature_table import write_feature_table
from training.tables.golden import make_golden

SCHEMA = TableInput(
    id="key",
    columns=(
        Column(name="share", type="float", minimum=0.1, maximum=0.123456789, missing="nan"),
        Column(name="count", type="int", minimum=-5, maximum=16_777_217),
        Column(name="is_new", type="bool", missing="default", default=1.0),
        Column(name="kind", type="category", allowed=("NA", "b", "unknown"), unknown="other", missing="nan"),
    ),
)
VALUES = st.fixed_dictionaries(
    {
        "share": st.none() | st.floats(0.1, 0.123456789),
        "count": st.integers(-5, 16_777_217),
        "is_new": st.booleans(),
        "kind": st.sampled_from([None, "NA", "b", "unknown", "anything else"]),
    }
)


@given(st.lists(VALUES, min_size=1, max_size=20))
def test_decoded_rows_become_the_same_features_again(rows: list[dict[str, object]]) -> None:
    encoded = Encoder(SCHEMA).rows(rows)
    assert not encoded.problems
    sent = [json.loads(json.dumps(row, allow_nan=False)) for row in json_rows(encoded.features, SCHEMA)]
    for again in (
        Encoder(SCHEMA).rows(sent),
        Encoder(SCHEMA).batch(arrow_table(encoded.features, SCHEMA).to_batches()[0]),
    ):
        assert not again.problems
        np.testing.assert_array_equal(again.features, encoded.features)


def test_decoded_numbers_are_written_as_a_person_would() -> None:
    row = json_rows(np.array([[0.12, 7, 1, 3]], np.float32), SCHEMA)[0]
    assert json.dumps(row) == '{"share": 0.12, "count": 7, "is_new": true, "kind": "unknown 1"}'


def test_an_unknown_value_is_none_of_the_allowed_ones() -> None:
    assert unknown_value(SCHEMA.columns[3]) == "unknown 1"
    assert unknown_value(Column(name="kind", type="category", allowed=("a",))) == "unknown"


class Constant:
    """A model that answers all rows alike."""

    def probabilities(self, features: Features) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        return np.full((len(features), 2), 0.5, np.float32)

    def to_onnx(self) -> bytes:
        return b""


def make_data(rows: int = 60) -> TableData:
    chance = np.random.default_rng(0)
    features = np.column_stack(
        [np.full(rows, 0.12), chance.integers(0, 9, rows), np.ones(rows), chance.integers(0, 3, rows)]
    ).astype(np.float32)
    split = TableSplit(features, chance.integers(0, 2, rows), pa.table({"key": [f"k{n}" for n in range(rows)]}))
    return TableData("a test's", SCHEMA, ("no", "yes"), split, split)


def test_golden_rows_have_missing_and_unknown_values_and_nothing_else_is_changed() -> None:
    data = make_data()
    golden = make_golden(data, Constant())
    rows = [json.loads(body) for body in golden.bodies]
    assert len(rows) == 60
    assert {name for row in rows for name, value in row.items() if value is None} == {"share", "is_new", "kind"}
    assert any(row["kind"] == "unknown 1" for row in rows)
    assert 3 in golden.tensors[:, 3]
    assert np.isnan(golden.tensors[:, 0]).any()
    np.testing.assert_array_equal(Encoder(SCHEMA).rows(rows).features, golden.tensors)
    untouched = [row for row in rows if None not in row.values() and row["kind"] != "unknown 1"]
    originals = json_rows(data.test.features, SCHEMA)
    assert len(untouched) > 30
    assert all(row in originals for row in untouched)


def test_golden_rows_are_a_thousand_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden_module, "COUNT", 20)
    golden = make_golden(make_data(), Constant())
    assert len(golden.bodies) == 20
    assert set(golden.labels) == {"no", "yes"}


def test_rows_that_encode_otherwise_are_no_golden_rows() -> None:
    data = make_data()
    data.test.features[:, 1] = 0.5  # no integer
    with pytest.raises(EncodingChanged):
        make_golden(data, Constant())


def test_the_feature_table_holds_all_rows_with_their_ids(tmp_path: Path) -> None:
    data = make_data()
    written = write_feature_table(data, tmp_path / "features.parquet")
    table = pq.read_table(tmp_path / "features.parquet")
    assert (written.rows, len(table)) == (120, 120)
    assert table.column_names == ["key", *SCHEMA.names]
    assert table["key"].to_pylist()[:2] == ["k0", "k1"]
    (batch,) = table.slice(60).combine_chunks().to_batches()
    np.testing.assert_array_equal(Encoder(SCHEMA).batch(batch).features, data.test.features)


def test_a_feature_table_that_would_encode_otherwise_is_refused(tmp_path: Path) -> None:
    data = make_data()
    data.train.features[3, 1] = -6
    with pytest.raises(EncodingChanged):
        write_feature_table(data, tmp_path / "features.parquet")
