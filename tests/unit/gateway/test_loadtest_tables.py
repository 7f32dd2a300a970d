"""The files that table benchmarks send."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from loadtest.tables.files import make_file


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_has_as_many_rows_as_wanted_each_with_an_id_of_its_own(tmp_path: Path, ending: str) -> None:
    source = tmp_path / "source.parquet"
    pq.write_table(pa.table({"key": [7, 7, 7], "age": [1, 2, 3]}), source)
    made = make_file(source, tmp_path / f"made.{ending}", 8, "key")
    table = pa_csv.read_csv(made) if ending == "csv" else pq.read_table(made)
    assert table["key"].to_pylist() == list(range(8))
    assert table["age"].to_pylist() == [1, 2, 3, 1, 2, 3, 1, 2]


def test_a_source_without_rows_is_an_error_and_not_endless(tmp_path: Path) -> None:
    source = tmp_path / "source.parquet"
    pq.write_table(pa.table({"key": pa.array([], pa.int64())}), source)
    with pytest.raises(LookupError):
        make_file(source, tmp_path / "made.csv", 8, None)
