"""What the users send."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from loadtest.errors import SamplesMissing
from loadtest.samples import picture_batch, pictures, row_batch, row_body, rows

ROWS = [{"age": 1, "purpose": "car"}, {"age": 2, "purpose": "house"}, {"age": 3, "purpose": "car"}]


def test_pictures_are_found_in_all_folders_and_are_the_same_each_time(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"label{number}").mkdir()
        (tmp_path / f"label{number}" / f"{number}.PNG").write_bytes(b"%d" % number)
    (tmp_path / "notes.txt").write_text("no picture")
    found = pictures(tmp_path, 3)
    assert len(found) == 3
    assert {one.body.type for one in found} == {"image/png"}
    assert found == pictures(tmp_path, 3)
    assert {one.body.content for one in pictures(tmp_path, 100)} == {b"0", b"1", b"2", b"3", b"4"}


def test_no_picture_is_told(tmp_path: Path) -> None:
    with pytest.raises(SamplesMissing, match="There is no picture in"):
        pictures(tmp_path, 3)


def test_a_batch_of_pictures_is_one_multipart_body(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"first")
    body = picture_batch(pictures(tmp_path, 1) * 2)
    assert body.type.startswith("multipart/form-data; boundary=")
    assert body.content.count(b'name="files"; filename="a.jpg"') == 2
    assert body.content.count(b"first") == 2


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_rows_come_from_files_of_all_kinds(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"rows{suffix}"
    if suffix == ".csv":
        file.write_text("age,purpose\n1,car\n2,house\n3,car\n")
    elif suffix == ".jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    else:
        pyarrow.parquet.write_table(pa.Table.from_pylist(ROWS), file)
    assert rows(file, 2) == ROWS[:2]
    assert rows(file, 100) == ROWS


@pytest.mark.parametrize(
    ("name", "content"),
    [("rows.csv", "age\n"), ("rows.jsonl", ""), ("rows.jsonl", "{"), ("rows.parquet", "x"), ("rows.csv", None)],
)
def test_what_holds_no_row_is_told(tmp_path: Path, name: str, content: str | None) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(SamplesMissing):
        rows(tmp_path / name, 1)


def test_rows_are_sent_by_value_or_as_json_lines() -> None:
    assert json.loads(row_body(ROWS[0]).content) == {"row": ROWS[0]}
    assert [json.loads(line) for line in row_batch(ROWS).content.splitlines()] == ROWS
