"""`trireme log`: works on the database and the disk, without a gateway."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import insert as insert_row
from typer.testing import CliRunner

from gateway.database.engine import Database
from gateway.history import export as exporting
from gateway.history.errors import ExportFailed
from gateway.prediction_log.inserting import insert
from gateway.prediction_log.lines import document
from gateway.prediction_log.spill import Spill
from gateway.prediction_log.tables import FEEDBACK
from tests.unit.prediction_log.rig import entry
from trireme.log import log

GIVEN = [entry(model="a" if n % 2 else "b", latency_ms=float(n), features={"n": n}) for n in range(25)]


@pytest.fixture
async def environment(database: Database, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATABASE", url)
    monkeypatch.setenv("GATEWAY_LOG_SPILL", str(tmp_path / "spill"))
    await insert(database, [document(one) for one in GIVEN])
    said = {"prediction_id": GIVEN[0].id, "time": datetime.now(UTC), "principal": "key:k"}
    async with database.transaction() as connection:
        await connection.execute(insert_row(FEEDBACK), [{**said, "label": label} for label in ("cat", "dog")])


def run(*arguments: str) -> str:
    found = CliRunner().invoke(log, arguments, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_all_entries_are_exported_in_order_with_the_last_feedback(
    environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE_ROWS", 10)
    assert run("export", "--out", "out.parquet") == "25 predictions are in out.parquet.\n"
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.schema.equals(exporting.SCHEMA)
    rows = table.to_pylist()
    expected = sorted(GIVEN, key=lambda one: one.id)
    assert [row["id"] for row in rows] == [one.id for one in expected]
    assert [row["latency_ms"] for row in rows] == [one.latency_ms for one in expected]
    assert [json.loads(row["features"]) for row in rows] == [one.features for one in expected]
    assert [row["time"] for row in rows] == [one.time for one in expected]
    assert {row["id"]: row["feedback_label"] for row in rows if row["feedback_label"]} == {GIVEN[0].id: "dog"}
    assert pq.ParquetFile(tmp_path / "out.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_an_export_takes_filters(environment: None, tmp_path: Path) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    assert run("export", "--out", "a.parquet", "--model", "a", "--version", "1").startswith("12 ")
    assert run("export", "--out", "a.parquet", "--since", tomorrow).startswith("0 ")
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 0


def test_an_export_that_fails_leaves_nothing(environment: None, tmp_path: Path) -> None:
    with pytest.raises(ExportFailed):
        run("export", "--out", str(tmp_path / "absent" / "out.parquet"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExportFailed):
        run("export", "--out", str(tmp_path / "folder"))
    assert {path.name for path in tmp_path.iterdir() if path.suffix == ".parquet" or path.name.startswith(".")} == set()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_status_tells_of_database_and_disk(
    environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = Spill(tmp_path / "spill").begin()
    (claim.folder / "000000000001.entries").write_bytes(b"x" * 100)
    (tmp_path / "spill" / "rejected.jsonl").write_bytes(b"x" * 10)
    found = json.loads(run("status", "--json"))
    assert (found["database"]["predictions"], found["database"]["feedback"]) == (25, 2)
    assert found["disk"] == {"journals": 1, "bytes": 100, "rejected_bytes": 10}
    text = run("status")
    assert "25 predictions" in text
    assert "100 bytes wait in 1 journals" in text
    monkeypatch.setenv("GATEWAY_DATABASE", "postgresql://nobody@127.0.0.1:9/none")
    assert "can't be reached" in run("status")
    claim.release()
