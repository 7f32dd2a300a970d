"""Tables in files: every format gives the same rows, and whatever is wrong is one sentence."""

import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.columns import Column
from contract.errors import ColumnsMissing, HeaderDuplicate, TableEmpty, TableError, TableTooLarge, TableUnreadable
from contract.inputs import TableInput
from contract.table import Encoder
from contract.tabular import csv_file, json_lines
from contract.tabular.formats import Format
from contract.tabular.reading import check_columns, encode, open_table
from contract.tabular.table_file import TableLimits

SCHEMA = TableInput(
    id="key",
    columns=(
        Column(name="age", type="int", minimum=0),
        Column(name="income", type="float", missing="nan"),
        Column(name="purpose", type="category", allowed=("car", "a,b", 'the "house"', "two\nlines")),
    ),
)
ROWS = [
    {"key": f"k{index}", "age": index, "income": None if index % 7 == 0 else index / 3, "purpose": purpose}
    for index, purpose in zip(range(100), ("car", "a,b", 'the "house"', "two\nlines") * 25, strict=True)
]
FORMATS: tuple[Format, ...] = ("csv", "parquet", "jsonl", "arrow")


def written(format: Format, rows: list[dict[str, Any]] = ROWS, **options: Any) -> bytes:
    sink = io.BytesIO()
    table = pa.Table.from_pylist(rows)
    match format:
        case "csv":
            pa_csv.write_csv(table, sink)
        case "parquet":
            pq.write_table(table, sink, **options)
        case "jsonl":
            sink.write("\n".join(json.dumps(row) for row in rows).encode())
        case "arrow":
            with pa.ipc.new_stream(sink, table.schema, **options) as stream:
                stream.write_table(table)
    return sink.getvalue()


@contextmanager
def opened(data: bytes) -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        file.seek(0)
        yield file


def read(format: Format, data: bytes, *, size: int = 16, limits: TableLimits | None = None) -> tuple[Any, list[Any]]:
    with opened(data) as file:
        table = open_table(file, format, SCHEMA, limits)
        check_columns(table, SCHEMA)
        encoder = Encoder(SCHEMA, is_text=table.is_text)
        found, offset, problems = [], 0, []
        for chunk in table.chunks(size):
            assert len(chunk) <= size
            encoded = encode(chunk, encoder)
            problems += [(one.row + offset, one.column, one.rule) for one in encoded.problems]
            found.append(encoded.features)
            offset += len(chunk)
    return np.concatenate(found), problems


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_gives_the_rows_that_json_gives(format: Format) -> None:
    features, problems = read(format, written(format))
    assert problems == []
    np.testing.assert_array_equal(features, Encoder(SCHEMA).rows(ROWS).features)


def test_csv_is_cut_at_the_ends_of_rows_wherever_blocks_end(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = Encoder(SCHEMA).rows(ROWS).features
    for block in (120, 121, 122, 123, 500, 10_000):
        monkeypatch.setattr(csv_file, "BLOCK", block)
        np.testing.assert_array_equal(read("csv", written("csv"))[0], expected)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["1,2,car", "1,2", "1,2,car,4", '1,2,"two\nlines"', "", "x,2,car"]), min_size=1))
def test_a_ragged_row_is_a_problem_at_its_own_place(lines: list[str]) -> None:
    rows = [line for line in lines if line]
    data = "\r\n".join(["age,income,purpose", *lines]).encode()
    if not rows:
        with pytest.raises(TableEmpty):
            read("csv", data)
        return
    features, problems = read("csv", data, size=3)
    assert len(features) == len(rows)
    ragged = [(index, "", "columns") for index, row in enumerate(rows) if row in ("1,2", "1,2,car,4")]
    typed = [(index, "age", "type") for index, row in enumerate(rows) if row.startswith("x")]
    assert problems == sorted(ragged + typed)


def test_a_file_of_ragged_rows_alone_takes_no_longer_than_another() -> None:
    with opened(b"age,income,purpose\n" + b"1,2\n" * 500_000) as file:
        chunks = open_table(file, "csv", SCHEMA).chunks(16)
        assert sum(len(chunk.broken) for chunk in chunks) == 500_000


def test_a_row_that_is_not_utf8_is_named_by_its_place_in_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "BLOCK", 100)
    with pytest.raises(TableUnreadable, match=r"The file is not UTF-8 in row 62\."):
        read("csv", b"age,income,purpose\n" + b'1,2,"two\nlines"\n1,2\n\n' * 30 + b"1,2,car\n1,2,\xe4\n")


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert len(read("csv", b"\xef\xbb\xbfage,income,purpose\n1,2,car\n")[0]) == 1


def test_columns_may_stand_in_any_order_among_others() -> None:
    features, problems = read("csv", b'x,purpose,"age",income\n\xc3\xa9,car,1,\n')
    assert problems == []
    np.testing.assert_array_equal(features, np.array([[1, np.nan, 0]], np.float32))


def test_a_line_that_is_no_object_is_a_problem_at_its_own_place() -> None:
    good = json.dumps(ROWS[1])
    lines = [good, "[1]", "", "{", good, '{"age": 1, "age": 2}']
    features, problems = read("jsonl", "\n".join(lines).encode())
    assert problems == [(1, "", "columns"), (2, "", "columns"), (4, "", "columns")]
    assert len(features) == 5


def test_lines_that_are_long_come_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MAX_LINE", 1000)
    with opened(b'{"age": 1}\n' * 20 + b'{"purpose": "%s"}\n' % (b"x" * 900) * 4) as file:
        sizes = [len(chunk) for chunk in open_table(file, "jsonl", SCHEMA).chunks(16)]
    assert sizes == [16, 6, 2]


def test_rows_that_are_all_ragged_are_told_in_time_that_grows_with_the_file() -> None:
    """It took hours when each chunk looked at all of them."""
    with opened(b"age,income,purpose\n" + b"1\n" * 1_000_000) as file:
        chunks = list(open_table(file, "csv", SCHEMA).chunks(100))
    assert [len(chunk.broken) for chunk in chunks] == [100] * 10_000


def nested_parquet(column: pa.Array) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"age": column, "income": [1.0], "purpose": ["car"]}), sink)
    return sink.getvalue()


NESTED = {
    "a list": pa.array([[1, 2]]),
    "a record": pa.array([{"a": 1}]),
    "a map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
    "bytes of one length": pa.array([b"abcd"], pa.binary(4)),
    "an extension of such": pa.ExtensionArray.from_storage(pa.opaque(pa.list_(pa.int64()), "x", "y"), pa.array([[1]])),
}


@pytest.mark.parametrize("name", NESTED)
def test_parquet_of_which_few_bytes_may_stand_for_gigabytes_is_not_read(name: str) -> None:
    with pytest.raises(TableUnreadable, match="Column 'age' holds lists"):
        read("parquet", nested_parquet(NESTED[name]))


def rowless_parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS).slice(0, 0), sink)
    return sink.getvalue()


BAD: dict[str, tuple[Format, bytes, type[TableError], str]] = {
    "empty": ("csv", b"", TableEmpty, "The file is empty."),
    "blank": ("csv", b"\n \n", TableEmpty, "The file is empty."),
    "byte order mark only": ("csv", b"\xef\xbb\xbf\n", TableEmpty, "The file is empty."),
    "header only": ("csv", b"age,income,purpose\n", TableEmpty, "The table has a header and no rows."),
    "header only, unended": ("csv", b"age,income,purpose", TableEmpty, "The table has a header and no rows."),
    "semicolons": (
        "csv",
        b"age;income;purpose\n1;2;car\n",
        TableUnreadable,
        "The header is one column with ';' in it; columns are separated by commas.",
    ),
    "tabs": (
        "csv",
        b"age\tincome\n",
        TableUnreadable,
        "The header is one column with '\\t' in it; columns are separated by commas.",
    ),
    "UTF-16": ("csv", "age,income\n".encode("utf-16"), TableUnreadable, "it looks like UTF-16"),
    "UTF-16 without mark": ("csv", "age,income\n".encode("utf-16-le"), TableUnreadable, "it looks like UTF-16"),
    "Latin-1 header": ("csv", "äge\n".encode("latin-1"), TableUnreadable, "not UTF-8 in its header."),
    "Latin-1": ("csv", b"age,income,purpose\n1,2,\xe4\n", TableUnreadable, "not UTF-8 in row 1."),
    "old line ends": ("csv", b"age,income\r1,2\r", TableUnreadable, "Lines end with a carriage return alone"),
    "an open quote in the header": (
        "csv",
        b'age,income,purpose,"x\n1,2,car,3\n',
        TableUnreadable,
        "The header is no well-formed CSV.",
    ),
    "a quote too many in the header": (
        "csv",
        b'age,income,purpose,x"\n1,2,car,3\n',
        TableUnreadable,
        "The header is no well-formed CSV.",
    ),
    "duplicate header": (
        "csv",
        b"age,income,age\n",
        HeaderDuplicate,
        "The header has these columns more than once: 'age'.",
    ),
    "missing columns": (
        "csv",
        b"age,Income\n1,2\n",
        ColumnsMissing,
        "The table lacks 2 column(s) that the model needs: 'income', 'purpose'.",
    ),
    "no column of the model": ("csv", b"a,b\n1,2\n", ColumnsMissing, "The table has none of the model's columns."),
    "open quote": (
        "csv",
        b'age,income,purpose\n1,2,"car\n' + b"1,2,car\n" * 2_500_000,
        TableUnreadable,
        "A row has more than 8,388,608 bytes; perhaps a quote is left open.",
    ),
    "no JSON lines": ("jsonl", b"age,income\n", TableUnreadable, "The first line is no JSON object."),
    "one JSON list": ("jsonl", b'[{"age": 1}]', TableUnreadable, "The first line is no JSON object."),
    "no lines": ("jsonl", b"\n\n", TableEmpty, "The file has no lines."),
    "endless line": ("jsonl", b"{" * 9_000_000, TableUnreadable, "A line has more than 8,388,608 bytes."),
    "empty Parquet": ("parquet", b"", TableUnreadable, "It is no Parquet file, or a damaged one."),
    "no Parquet": ("parquet", b"PAR1" * 50, TableUnreadable, "It is no Parquet file, or a damaged one."),
    "Parquet of no rows": ("parquet", rowless_parquet(), TableEmpty, "The table has no rows."),
    "a name in Parquet that is not UTF-8": (
        "parquet",
        written("parquet", store_schema=False).replace(b"age", b"a\xffe"),
        TableUnreadable,
        "",
    ),
    "a name in Arrow that is not UTF-8": (
        "arrow",
        written("arrow").replace(b"age", b"a\xffe"),
        TableUnreadable,
        "It is no Arrow IPC stream, or a damaged one.",
    ),
    "truncated Parquet": ("parquet", written("parquet")[:-200], TableUnreadable, ""),
    "empty Arrow": ("arrow", b"", TableUnreadable, "It is no Arrow IPC stream, or a damaged one."),
    "truncated Arrow": ("arrow", written("arrow")[:-600], TableUnreadable, ""),
    "compressed Arrow": (
        "arrow",
        written("arrow", options=pa.ipc.IpcWriteOptions(compression="zstd")),
        TableUnreadable,
        "The Arrow stream is compressed; send it uncompressed.",
    ),
    "an Arrow file": ("arrow", b"ARROW1\0\0" + written("arrow"), TableUnreadable, ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_holds_no_table_is_one_sentence(name: str) -> None:
    kind, data, error, sentence = BAD[name]
    with pytest.raises(error) as caught:
        read(kind, data)
    assert sentence in caught.value.detail


def test_limits_hold_for_columns_and_rows() -> None:
    wide = f"age,income,purpose,{','.join(map(str, range(10_000)))}"
    with pytest.raises(TableTooLarge):
        read("csv", f"{wide}\n".encode(), limits=TableLimits(columns=10_000))
    features, problems = read("csv", f"{wide}\n{'1,2,car' + ',7' * 10_000}\n".encode())
    assert (len(features), problems) == (1, [])
    for kind in FORMATS:
        with pytest.raises(TableTooLarge):
            read(kind, written(kind), limits=TableLimits(rows=99))


def test_a_dictionary_of_long_texts_is_not_spelt_out() -> None:
    rows = pa.table(
        {
            "age": pa.array([1] * 5000),
            "income": pa.array([1.0] * 5000),
            "purpose": pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), pa.array(["x" * 1_000_000])),
        }
    )
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    assert len(sink.getvalue()) < 100_000
    before = pa.total_allocated_bytes()
    features, problems = read("parquet", sink.getvalue(), size=1000)
    assert len(problems) == len(features) == 5000
    assert pa.default_memory_pool().max_memory() - before < 200_000_000


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(["parquet", "arrow", "csv", "jsonl"]), st.data())
def test_no_damage_makes_more_than_a_table_error(format: Format, data: st.DataObject) -> None:
    good = written(format, ROWS[:20])
    damaged = bytearray(good)
    for place in data.draw(st.lists(st.integers(0, len(good) - 1), min_size=1, max_size=6)):
        damaged[place] = data.draw(st.integers(0, 255))
    with suppress(TableError):
        read(format, bytes(damaged[: data.draw(st.integers(0, len(good)) | st.just(len(good)))]))


def test_readers_need_a_path_to_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(written("parquet"))
    with path.open("rb") as file:
        path.unlink()
        assert sum(len(chunk) for chunk in open_table(file, "parquet", SCHEMA).chunks(30)) == 100
