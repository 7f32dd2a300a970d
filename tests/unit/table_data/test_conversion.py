import datetime as dt
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from rich.console import Console
from typer.testing import CliRunner

from contract.errors import TriremeError
from training.data.cli import data
from training.tables.data import conversion, problems
from training.tables.data.progress import shown

CSV = "id,name,amount,member,since\n1,Ann,1.5,true,2024-01-31\n2,,,false,\n3,Ann,-2,,2024-02-29\n"


def convert(*arguments: object) -> dict[str, Any]:
    result = CliRunner().invoke(data, ["convert", *map(str, arguments), "--json"])
    if result.exception is not None:
        raise result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text(CSV)
    return path


def test_a_file_becomes_typed_parquet_with_dictionaries_and_zstd(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "t.parquet"
    done = convert(file, target)
    assert parquet.read_table(target).to_pylist() == [
        {"id": 1, "name": "Ann", "amount": 1.5, "member": True, "since": dt.date(2024, 1, 31)},
        {"id": 2, "name": None, "amount": None, "member": False, "since": None},
        {"id": 3, "name": "Ann", "amount": -2.0, "member": None, "since": dt.date(2024, 2, 29)},
    ]
    column = parquet.ParquetFile(target).metadata.row_group(0).column(1)
    assert column.compression == "ZSTD"
    assert column.has_dictionary_page
    assert done["rows"] == 3
    assert done["bytes"] == target.stat().st_size


def test_row_groups_stay_small_enough_to_hold(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n" + "1\n" * 200_000)
    convert(path, tmp_path / "t.parquet")
    metadata = parquet.ParquetFile(tmp_path / "t.parquet").metadata
    assert metadata.num_rows == 200_000
    assert max(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)) <= 65_536


def test_row_groups_of_wide_rows_have_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "GROUP_BYTES", 100_000)
    path = tmp_path / "t.csv"
    path.write_text("a\n" + "1\n" * 50_000)
    convert(path, tmp_path / "t.parquet")
    metadata = parquet.ParquetFile(tmp_path / "t.parquet").metadata
    assert metadata.num_rows == 50_000
    assert metadata.num_row_groups > 1


def test_names_that_look_like_markup_are_shown_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "t[b].csv"
    path.write_text("[/b],amount [EUR]\n" + "1,2\n" * 98 + "x,y\n")
    result = CliRunner().invoke(data, ["convert", str(path), str(tmp_path / "t.parquet"), "--skip-bad"])
    assert result.exit_code == 0, result.exception
    assert "[/b]" in result.output
    assert "amount [EUR]" in result.output
    with Console(file=io.StringIO(), force_terminal=True) as console:
        assert list(shown([], "Reading [/]", console)) == []


def test_what_is_not_listed_any_more_is_said(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "KEPT", 2)
    file.write_text("a,b\n" + "1,2\n" * 97 + "x,2\n" * 3)
    with pytest.raises(TriremeError, match=r"3 values are wrong .* The first 2 problems are listed in"):
        convert(file, tmp_path / "t.parquet")


def test_a_file_with_errors_leaves_the_old_one_and_nothing_else(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "t.parquet"
    convert(file, target)
    before = target.read_bytes()
    file.write_text("a,b\n" + "1,2\n" * 50 + "x,2\n1\n")
    with pytest.raises(TriremeError, match="Nothing is written: 2 values"):
        convert(file, target)
    assert target.read_bytes() == before
    listed = [json.loads(line) for line in (tmp_path / "t.csv.errors.jsonl").read_text().splitlines()]
    assert [(problem["row"], problem["column"]) for problem in listed] == [(51, "a"), (52, "")]
    assert convert(file, target, "--skip-bad")["left_out"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.csv.errors.jsonl", "t.parquet"]


def test_a_file_that_cannot_be_written_is_one_sentence(file: Path, tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("")
    with pytest.raises(TriremeError, match="can't be read or written"):
        convert(file, tmp_path / "no-folder" / "t.parquet")
    with pytest.raises(TriremeError, match=r"end with \.parquet"):
        convert(file, tmp_path / "t.txt")


PEAK = """
import sys
import pyarrow
from contract.tabular import csv_file
from training.data.cli import data
from training.tables.data import conversion

csv_file.BLOCK = conversion.GROUP_ROWS = 16 * 1024  # so that files can be small
data(sys.argv[1:], standalone_mode=False)
print(pyarrow.default_memory_pool().max_memory())
"""


@pytest.mark.parametrize("verb", ["convert", "infer"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, verb: str) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        path.write_text("id,a,b,text\n" + "".join(f"{n},{n / 7},{n / 3},text {n % 97}\n" for n in range(rows)))
        options = [str(tmp_path / "t.parquet")] if verb == "convert" else ["--target", "text"]
        command = [sys.executable, "-c", PEAK, verb, str(path), *options]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])

    assert peak(200_000) < 1.3 * peak(50_000)
