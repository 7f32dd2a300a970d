"""Identifiers, admission, multipart, base64: the small parts."""

import base64
import itertools
import re
import uuid
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.admission import Admission
from gateway.errors import MultipartInvalid, Overloaded, PartTooLarge, RequestInvalid, TooManyParts
from gateway.identifiers import Identifiers
from gateway.multipart import Part, read_parts

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_prediction_ids_are_uuids_of_version_7_that_sort_by_time() -> None:
    identifiers = Identifiers(block=64)
    found = [identifiers.prediction_id() for _ in range(100)]
    assert {uuid.UUID(one).version for one in found} == {7}
    assert {uuid.UUID(one).variant for one in found} == {uuid.RFC_4122}
    assert len(set(found)) == 100
    assert [one[:13] for one in found] == sorted(one[:13] for one in found)


def test_a_callers_trace_id_is_taken_over() -> None:
    assert Identifiers().trace_id(f"00-{TRACE}-00f067aa0ba902b7-01") == TRACE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
    ],
)
def test_an_unusable_traceparent_gives_a_new_trace_id(header: str | None) -> None:
    identifiers = Identifiers()
    assert re.fullmatch("[0-9a-f]{32}", identifiers.trace_id(header))
    assert identifiers.trace_id(header) != identifiers.trace_id(header)


def test_admission_refuses_one_too_many_and_lets_in_again() -> None:
    admission = Admission(1)
    with admission.enter(), pytest.raises(Overloaded), admission.enter():
        pass
    with admission.enter():
        assert admission.inside == 1


def body(*parts: tuple[str, str | None, bytes], boundary: str = "limit") -> bytes:
    lines = []
    for name, filename, content in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode())
        lines.append(content + b"\r\n")
    return b"".join(lines) + f"--{boundary}--\r\n".encode()


async def parse(data: bytes, *, chunk: int = 7, kind: str = "multipart/form-data; boundary=limit") -> list[Part]:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), chunk):
            yield data[start : start + chunk]

    return await read_parts(chunks(), kind, names=("files", "file"), max_parts=3, max_part_bytes=50)


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
async def test_parts_come_out_whole_however_the_body_is_cut(chunk: int) -> None:
    parts = await parse(body(("files", "a.png", b"\r\n--limi"), ("file", None, b"")), chunk=chunk)
    assert [(part.name, part.filename, part.picture()) for part in parts] == [
        ("files", "a.png", b"\r\n--limi"),
        ("file", None, b""),
    ]


async def test_a_part_over_the_limit_is_marked_and_the_others_stay() -> None:
    large, small = await parse(body(("files", "a", b"x" * 51), ("files", "b", b"y" * 50)))
    assert small.picture() == b"y" * 50
    assert not large.content
    with pytest.raises(PartTooLarge):
        large.picture()


async def test_reading_stops_at_the_first_part_too_many() -> None:
    with pytest.raises(TooManyParts):
        await parse(body(*itertools.repeat(("files", "a", b""), 4)))


async def test_a_part_of_another_name_is_refused_without_repeating_the_name() -> None:
    with pytest.raises(RequestInvalid) as caught:
        await parse(body(("secret", "a", b"")))
    assert caught.value.errors[0].message == "A part must be named files or file."


@pytest.mark.parametrize("data", [b"", b"no boundary at all", body(("files", "a", b"x"))[:-4], b"--limit\r\n\r\n\r\n"])
async def test_a_body_that_is_no_multipart_is_refused(data: bytes) -> None:
    with pytest.raises((MultipartInvalid, RequestInvalid)):
        await parse(data)


async def test_a_content_type_without_a_boundary_is_refused() -> None:
    with pytest.raises(MultipartInvalid):
        await parse(body(), kind="multipart/form-data")


@given(st.binary(max_size=300), st.integers(1, 50))
async def test_no_bytes_break_the_multipart_reader(data: bytes, chunk: int) -> None:
    for candidate in (data, b"--limit\r\n" + data, body(("files", "a", data))):
        try:
            await parse(candidate, chunk=chunk)
        except (MultipartInvalid, RequestInvalid, TooManyParts):
            continue


def test_base64_here_is_the_standard_alphabet() -> None:
    from gateway.bodies import PictureDocument

    picture = bytes(range(256))
    text = base64.b64encode(picture).decode()
    assert PictureDocument.model_validate_json(f'{{"image": "{text}"}}').image == picture
