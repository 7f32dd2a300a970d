"""The journal: what is on the disk is found again, whatever happened while it was written."""

import errno
import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.prediction_log.journal import Journal, contents
from gateway.prediction_log.lines import document, line, read
from tests.unit.prediction_log.rig import entry


def journal(folder: Path, **changes: int) -> Journal:
    return Journal(folder, **{"max_bytes": 10_000, "segment_bytes": 1000, **changes})


def found(journal: Journal) -> list[bytes]:
    journal.end_segment()
    return [one for segment in journal.closed() for one in contents(segment).documents]


def test_a_line_holds_the_whole_entry() -> None:
    given = entry(features={"age": 31, "purpose": "car"}, row_id="k1")
    (one,) = read([line(document(given))]).documents
    document_ = json.loads(one)
    assert document_ == {**document_, "id": given.id, "features": {"age": 31, "purpose": "car"}, "row_id": "k1"}
    assert document_["time"].endswith("Z")


def test_text_that_is_no_unicode_can_be_noted() -> None:
    found = document(entry(row_id="a\ud800b", features={"age": math.nan}))
    assert b"NaN" not in found
    assert json.loads(found) == {**json.loads(found), "row_id": "a\ud800b", "features": {"age": None}}


@given(cut=st.integers(0, 10_000), place=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_torn_end_is_dropped_and_a_damaged_line_counted(cut: int, place: int, flip: int) -> None:
    lines = [line(document(entry())) for _ in range(3)]
    torn = lines[2][: cut % len(lines[2])]
    whole = [lines[0], lines[1], *([torn] if torn else [])]
    assert read(whole) == ([lines[0][9:-1], lines[1][9:-1]], 0)
    damaged = bytearray(lines[1])
    damaged[place % (len(lines[1]) - 1)] ^= flip
    parts = [part + b"\n" for part in bytes(damaged)[:-1].split(b"\n")]
    assert read([lines[0], *parts, lines[2]]) == ([lines[0][9:-1], lines[2][9:-1]], len(parts))


def test_entries_are_found_in_order_over_many_files_and_by_the_next_process(tmp_path: Path) -> None:
    first = journal(tmp_path)
    documents = [document(entry()) for _ in range(9)]
    for one in documents:
        first.append(line(one), sync=True)
    assert len(first.closed()) > 2
    next_ = journal(tmp_path)
    assert found(next_) == documents
    next_.append(line(documents[0]), sync=False)
    assert found(next_) == [*documents, documents[0]]


def test_a_file_is_removed_when_it_was_shipped(tmp_path: Path) -> None:
    one = journal(tmp_path)
    one.append(line(document(entry())), sync=False)
    one.end()
    assert (one.size, one.oldest) != (0, None)
    one.remove(*one.closed())
    assert (one.size, one.oldest, list(tmp_path.iterdir())) == (0, None, [])


def test_a_file_is_not_ended_while_older_ones_wait(tmp_path: Path) -> None:
    one = journal(tmp_path)
    for _ in range(2):
        one.append(line(document(entry())), sync=False)
        one.end_segment_if_alone()
    assert len(one.closed()) == 1


def test_a_full_journal_takes_nothing_more(tmp_path: Path) -> None:
    one = journal(tmp_path, max_bytes=800)
    one.append(line(document(entry())), sync=False)
    with pytest.raises(OSError, match="full"):
        one.append(line(document(entry())), sync=False)
    assert len(found(one)) == 1


def test_what_was_answered_goes_into_an_empty_journal_however_much_it_is(tmp_path: Path) -> None:
    one, lines = journal(tmp_path, max_bytes=800), line(document(entry())) * 3
    one.append(lines, sync=False)
    assert one.size == len(lines)


def test_a_disk_that_stays_full_does_not_fill_with_empty_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space")

    one = journal(tmp_path)
    monkeypatch.setattr(os, "write", full)
    for _ in range(3):
        with pytest.raises(OSError, match="no space"):
            one.append(line(document(entry())), sync=False)
    assert (one.closed(), list(tmp_path.iterdir())) == ([], [])


def test_a_journal_ends_though_its_files_are_shipped_at_the_same_moment(tmp_path: Path) -> None:
    one = journal(tmp_path)
    one.append(line(document(entry())), sync=False)
    one.end_segment()
    for path in tmp_path.iterdir():
        path.unlink()
    one.end()


def test_a_full_disk_leaves_no_half_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, (first, second) = journal(tmp_path), [document(entry()) for _ in range(2)]
    one.append(line(first), sync=False)
    write, room = os.write, [100]

    def full(file: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "no space")
        written = write(file, bytes(data)[: room[0]])
        room[0] -= written
        return written

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="no space"):
            one.append(line(second), sync=False)
    one.append(line(second), sync=False)
    assert found(one) == [first, second]
    assert [contents(segment).damaged for segment in one.closed()] == [0, 0]
