"""The benchmark of rows by id."""

from pathlib import Path

import pytest

from gateway.tables import benchmark_feature_table
from tests.support.table_versions import make_table_version
from tests.unit.gateway.test_row_sources import STORED, TABLE, stored


def test_it_prints_both_loads_and_look_ups(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_table_version(tmp_path, put=stored(STORED), feature_table=TABLE)
    benchmark_feature_table.main(next(tmp_path.iterdir()))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[1:3]] == ["first load", "load from the cache"]
    assert lines[3].startswith("60 rows × ")
    assert all("µs" in line for line in lines[4:])
