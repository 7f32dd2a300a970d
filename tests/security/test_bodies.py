"""Bodies that are small on the way and large in memory, or endless, or not what they say."""

import io
import json
import struct
import tracemalloc
import zlib

import httpx
import pytest
from PIL import Image

from gateway.errors import TooManyRows
from gateway.tables.documents import read_document
from tests.support.table_versions import ROW
from tests.support.wire import connected, head, refused
from tests.unit.gateway.rig import BATCH, PREDICT, check_problem, encode, png
from tests.unit.gateway.table_rig import FILE, ROWS, VALIDATE

BOMB = zlib.compress(b"\0" * 10_000_000)
DEPTH = 200_000


ENCODINGS = ["gzip", "GZip", "x-gzip", "deflate", "br", "zstd", "compress", "aws-chunked", "unknown"]
ENCODINGS += ["gzip, gzip", "identity, gzip", "gzip, identity", "identity;q=1, gzip"]
TAKERS = {
    (PREDICT, "image/png"),
    (PREDICT, "application/json"),
    (BATCH, "multipart/form-data; boundary=b"),
    (ROWS, "application/json"),
    (FILE, "text/csv"),
    (VALIDATE, "application/vnd.apache.parquet"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("path", "kind"), sorted(TAKERS))
def test_a_compressed_body_is_415_and_nobody_unpacks_it(
    http: httpx.Client, path: str, kind: str, encoding: str
) -> None:
    answer = http.post(path, content=BOMB, headers={"Content-Encoding": encoding, "Content-Type": kind})
    check_problem(answer, 415, "content-encoding-unsupported")
    assert answer.headers["accept-encoding"] == "identity"


def test_a_second_content_encoding_does_not_hide_behind_the_first(port: int) -> None:
    with connected(port) as connection:
        length = f"Content-Length: {len(BOMB)}"
        connection.sendall(head(PREDICT, "Content-Encoding: identity", "Content-Encoding: gzip", length) + BOMB)
        refused(connection, 415, "content-encoding-unsupported")


def part(disposition: str = 'form-data; name="files"; filename="a"', content: bytes = b"x", more: str = "") -> bytes:
    return f"--b\r\nContent-Disposition: {disposition}\r\n{more}\r\n".encode() + content + b"\r\n"


MULTIPARTS = {
    "very many small fields": (part() * 100_000 + b"--b--\r\n", 413),
    "very many empty parts": (b"--b\r\n\r\n\r\n" * 100_000 + b"--b--\r\n", 422),
    "a header without end": (b"--b\r\nX-Endless: " + b"x" * 1_900_000, 400),
    "very many headers in a part": (part(more="X: y\r\n" * 200_000) + b"--b--\r\n", 400),
    "a very long name of a header": (b"--b\r\n" + b"x" * 1_900_000 + b": y\r\n\r\nz\r\n--b--\r\n", 400),
    "no end": (part(content=png()), 400),
    "no beginning": (b"x" * 1_900_000, 400),
    "nested": (
        part(more="Content-Type: multipart/mixed; boundary=c\r\n", content=b"--c\r\n\r\n" * 1000) + b"--b--\r\n",
        200,
    ),
    "nearly the boundary, again and again": (part(content=b"\r\n--" * 400_000) + b"--b--\r\n", 200),
    "a disposition of very many parameters": (part("form-data; name=files" + "; a=b" * 300_000) + b"--b--\r\n", 400),
    "a name in very many pieces": (
        part("form-data" + "".join(f"; name*{n}=a" for n in range(50_000))) + b"--b--\r\n",
        400,
    ),
    "a name that is no UTF-8": (part("form-data; name*=latin-9''%ff%00%fe") + b"--b--\r\n", 422),
    "bytes after the end": (part() + b"--b--\r\n" + b"x" * 1_900_000, 200),
}


@pytest.mark.parametrize("name", MULTIPARTS)
def test_a_multipart_bomb_is_read_in_linear_time_or_refused(http: httpx.Client, name: str) -> None:
    body, status = MULTIPARTS[name]
    answer = http.post(BATCH, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"}, timeout=20)
    assert answer.status_code == status, answer.text[:300]


@pytest.mark.parametrize("boundary", ["", "b" * 5000, '"', "é", "a b", "\\", ";;;"])
def test_a_boundary_that_is_none_is_a_problem(http: httpx.Client, boundary: str) -> None:
    kind = {b"Content-Type": f"multipart/form-data; boundary={boundary}".encode()}
    answer = http.post(BATCH, content=part(), headers=kind)
    check_problem(answer, 400, "multipart-invalid")


JSONS = {
    "lists in lists": b"[" * DEPTH + b"]" * DEPTH,
    "objects in objects": b'{"row":' * DEPTH + b"1" + b"}" * DEPTH,
    "lists without end": b'{"row": ' + b"[" * DEPTH,
    "a value in very deep lists": b'{"row": {"age": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
    "a number of very many digits": b'{"row": {"age": ' + b"9" * 1_000_000 + b"}}",
    "an exponent beyond all numbers": b'{"row": {"age": 1e999999999}}',
    "the same key twice": b'{"row": {"age": 1, "age": 2}}',
    "the same key twice, once escaped": b'{"row": {"age": 1, "\\u0061ge": 2}}',
    "not a number": b'{"row": {"age": NaN}}',
    "infinity": b'{"row": {"age": -Infinity}}',
    "half a surrogate": b'{"row": {"purpose": "\\ud800"}}',
    "a NUL in a name": b'{"row": {"a\\u0000b": 1}}',
    "not UTF-8": b'{"row": {"purpose": "\xff\xfe"}}',
    "UTF-16": '{"row": {}}'.encode("utf-16"),
    "very many rows of nothing": b'{"rows": [' + b"{}," * 600_000 + b"{}]}",
    "very many keys": b'{"row": {' + b",".join(b'"k%d":1' % number for number in range(20_000)) + b"}}",
    "more after the end": b'{"row": {}} {"row": {}}',
    "prototype": b'{"row": {"__proto__": {}, "constructor": 1, "__class__": 2}}',
}


@pytest.mark.parametrize("name", JSONS)
def test_a_json_bomb_is_a_problem_and_the_next_request_is_answered(http: httpx.Client, name: str) -> None:
    answer = http.post(ROWS, content=JSONS[name], headers={"Content-Type": "application/json"}, timeout=20)
    assert answer.status_code in {413, 422}, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 2_000_000
    assert http.post(ROWS, json={"row": ROW}).status_code == 200


@pytest.mark.parametrize("body", [b"[" * DEPTH, b'{"image":' * DEPTH, b'{"image": "' + b"A" * 1_900_000 + b'"}'])
def test_a_json_bomb_for_a_picture_is_a_problem(http: httpx.Client, body: bytes) -> None:
    answer = http.post(PREDICT, content=body, headers={"Content-Type": "application/json"}, timeout=20)
    assert answer.status_code in {415, 422}


@pytest.mark.parametrize("nothing", [b"{}", b"[]", b"[[]]"])
def test_very_many_rows_of_nothing_never_become_objects(nothing: bytes) -> None:
    body = b'{"rows": [' + b",".join([nothing] * 500_000) + b"]}"
    tracemalloc.start()
    try:
        with pytest.raises(TooManyRows):
            read_document(body, max_rows=100_000)
        assert tracemalloc.get_traced_memory()[1] < len(body)
    finally:
        tracemalloc.stop()


def png_of(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def many_frames() -> bytes:
    file = io.BytesIO()
    frames = [Image.new("P", (500, 500), number % 256) for number in range(200)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


PICTURES = {
    "few bytes that unpack to gigabytes": (png_of(60_000, 60_000, BOMB), 422),
    "as many pixels as a number holds": (png_of(2**31 - 1, 2**31 - 1, BOMB), 422),
    "no pixels": (png_of(0, 0, b""), 415),
    "less data than announced": (png_of(900, 900, zlib.compress(b"\0")), 422),
    "more data than announced": (png_of(32, 32, BOMB), 200),
    "a text of very many bytes": (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**31 - 1) + b"tEXt" + b"x" * 1_000_000,
        422,
    ),
    "very many frames": (many_frames(), 200),
    "a picture with a script behind it": (png() + b"<script>alert(1)</script>", 200),
    "a picture with an archive behind it": (png() + b"PK\x03\x04" + b"\0" * 1000, 200),
    "a page that calls itself a picture": (b"<!DOCTYPE html><svg onload=alert(1)>", 415),
    "SVG that names a file": (
        b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg/>',
        415,
    ),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", 415),
    "a pickle": (b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.", 415),
    "TIFF": (encode(Image.new("RGB", (8, 8)), "TIFF"), 415),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_bomb_or_a_polyglot_is_a_picture_or_a_problem(http: httpx.Client, name: str) -> None:
    body, status = PICTURES[name]
    answer = http.post(PREDICT, content=body, headers={"Content-Type": "image/png"}, timeout=20)
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if status != 200:
        assert json.loads(answer.text)["code"].startswith("picture-")
