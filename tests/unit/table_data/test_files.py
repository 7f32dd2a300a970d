import codecs
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from training.errors import DataError, DataUnknown
from training.tables.data.opening import open_file
from training.tables.data.source import Source


def rows(source: Source) -> list[dict[str, object]]:
    found: list[dict[str, object]] = pa.Table.from_batches([batch.rows for batch in source.batches()]).to_pylist()
    return found


def csv_file(tmp_path: Path, content: bytes, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def read(path: Path) -> list[dict[str, object]]:
    source = open_file(path)
    assert source.columns
    return rows(source)


def test_a_byte_order_mark_quotes_and_windows_line_ends_are_no_trouble(tmp_path: Path) -> None:
    content = codecs.BOM_UTF8 + 'a,"b, c"\r\n1,"x\r\ny"\r\n"","ä ""q"""\r\n'.encode()
    assert read(csv_file(tmp_path, content)) == [{"a": "1", "b, c": "x\r\ny"}, {"a": "", "b, c": 'ä "q"'}]


def test_a_tsv_file_has_tabs(tmp_path: Path) -> None:
    assert read(csv_file(tmp_path, b"a\tb\n1\t2\n", "t.tsv")) == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        ("a,b\n1,2\n".encode("utf-16"), "looks like UTF-16"),
        (b"a,b\nx,\xe4\n", "not UTF-8 in row 1."),
        (b"a;b\n1;2\n", "separated by a semicolon, not by a comma"),
        (b"a\tb\n1\t2\n", "separated by a tab"),
        (b"a,b,a\n1,2,3\n", "the column 'a' more than once"),
        (b"a,,c\n1,2,3\n", "no name for its column 2"),
        (b"a,b\n1,2\n" * 3 + b'3,"4\n' + b"x" * (17 * 2**20), "a quote is left open"),
        (b"a,b\n" + b"1,2\n" * 3_000_000 + b"x,\xe4\n", "not UTF-8 in row 3,000,001."),
        (b"a,b\r1,2\r\n3,4\r\n", "carriage return"),
        (b"\xe4,b\n1,2\n", "not UTF-8 in its header"),
        (",".join(f"c{n}" for n in range(10_001)).encode(), "10,001 columns; at most 10,000"),
        (b'a,"b"c\n1,2\n', "header is no well-formed CSV"),
    ],
    ids=range(14),
)
def test_what_is_wrong_with_a_csv_file_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(DataError) as raised:
        read(csv_file(tmp_path, content))
    assert sentence in str(raised.value)


def test_ragged_rows_are_missing_at_their_places_in_the_whole_table(tmp_path: Path) -> None:
    source = open_file(csv_file(tmp_path, b"a,b\n" + b"1,2\n" * 20_000 + b"3\n4,5\n6,7,8\n9,0\n"))
    last = list(source.batches())[-1]
    assert [row["a"] for row in last.rows.to_pylist()[-4:]] == [None, "4", None, "9"]
    assert [problem.row for problem in last.problems([])] == [20_000, 20_002]
    assert last.done == 1.0


def test_blank_lines_before_the_header_are_passed_over(tmp_path: Path) -> None:
    assert read(csv_file(tmp_path, b"\r\n\na,b\n1,2\n")) == [{"a": "1", "b": "2"}]


def test_a_file_without_rows_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"t\.csv can't be read: The table has a header and no rows"):
        read(csv_file(tmp_path, b"a,b\n"))


def test_a_parquet_file_is_read_as_it_is_typed(tmp_path: Path) -> None:
    table = pa.table({"a": [1, None], "b": ["x", "y"]})
    parquet.write_table(table, tmp_path / "t.parquet")
    assert read(tmp_path / "t.parquet") == table.to_pylist()


@pytest.mark.parametrize("damage", ["no parquet", "truncated", "overwritten"])
def test_a_damaged_parquet_file_is_one_sentence(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"a": list(range(10_000))}), path)
    good = path.read_bytes()
    middle = good[:4] + bytes(range(256)) * 40 + good[4 + 256 * 40 :]
    path.write_bytes({"no parquet": b"a,b\n1,2\n", "truncated": good[:-100], "overwritten": middle}[damage])
    with pytest.raises(DataError, match=r"t\.parquet is no Parquet file, or is damaged"):
        read(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataUnknown, match="no file"):
        open_file(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"must end with \.csv, \.tsv or \.parquet"):
        open_file(csv_file(tmp_path, b"", "t.xlsx"))
