"""Connections before there is a request: slow and large heads, too many of them, ambiguous framing, pipelines."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.app import create_app
from tests.security.conftest import FirstLabelServer
from tests.support.wire import answer, connected, ended, head, refused, sized
from tests.unit.gateway.rig import PREDICT, RedServer, eventually, listening, opened, png, settings

LIVE = "/health/live"
GET = head(LIVE, method="GET")
PICTURE = png()
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def strict(repository: Path) -> Iterator[int]:
    """A gateway of little patience and few connections."""
    given = settings(repository, head_timeout_s=0.5, max_connections=4, max_pipelined=2, max_head_bytes=2000)
    with listening(create_app(given, open_model_server=opened(FirstLabelServer())), given) as port:
        yield port


def test_a_head_that_comes_byte_by_byte_is_408_however_steadily_it_comes(strict: int) -> None:
    with connected(strict) as connection:
        stop = threading.Event()
        sender = threading.Thread(target=drip, args=(connection, stop))
        sender.start()
        refused(connection, 408, "head-late")
        stop.set()
        sender.join()


def drip(connection: socket.socket, stop: threading.Event) -> None:
    try:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: gateway\r\nX-Slow: ")
        while not stop.wait(0.02):
            connection.sendall(b"x")
    except OSError:
        pass


def test_a_connection_that_says_nothing_is_closed(strict: int) -> None:
    with connected(strict) as connection:
        assert ended(connection)


def test_the_second_head_of_a_connection_has_no_more_time_than_the_first(strict: int) -> None:
    with connected(strict) as connection:
        connection.sendall(GET + b"\r\nGET / HT")
        assert answer(connection)[0] == 200
        refused(connection, 408, "head-late")


def test_empty_lines_between_requests_do_not_keep_a_connection(strict: int) -> None:
    with connected(strict) as connection:
        connection.sendall(GET)
        assert answer(connection)[0] == 200
        connection.sendall(b"\r\n")
        refused(connection, 408, "head-late")


@pytest.mark.parametrize(
    "line",
    [
        "X-Large: " + "x" * 40_000,
        "x" * 40_000 + ": y",
        "\r\n".join(f"X-{number}: {number}" for number in range(120)),
    ],
    ids=["value", "name", "count"],
)
def test_a_head_that_is_too_large_is_431(port: int, line: str) -> None:
    with connected(port) as connection:
        connection.sendall(head(LIVE, line, method="GET"))
        refused(connection, 431, "head-too-large")


def test_an_address_that_is_too_long_is_431(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(head("/" + "x" * 40_000, method="GET"))
        refused(connection, 431, "head-too-large")


def test_a_head_without_end_is_431_while_it_comes(strict: int) -> None:
    with connected(strict) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX-Endless: " + b"x" * 1000)
        connection.sendall(b"x" * 1500)
        refused(connection, 431, "head-too-large")


def test_a_large_body_behind_a_small_head_is_no_large_head(strict: int) -> None:
    with connected(strict) as connection:
        body = PICTURE.ljust(100_000, b"\0")
        connection.sendall(sized(PREDICT, body) + sized(PREDICT, body) + b"GET")
        assert [answer(connection)[0] for _ in range(2)] == [200, 200]


TRAILERS = b"1\r\nx\r\n0\r\nContent-Encoding: gzip\r\nX-Trailer: y\r\n"


def test_a_trailer_is_no_header(port: int) -> None:
    with connected(port) as connection:
        # As a header, it would make this 415 `content-encoding-unsupported`.
        connection.sendall(head(PREDICT, CHUNKED) + TRAILERS + b"\r\n")
        status, _, body = answer(connection)
        assert (status, json.loads(body)["code"]) == (415, "picture-unsupported")


def test_trailers_without_end_are_refused(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(head(PREDICT, CHUNKED) + TRAILERS)
        connection.sendall(b"".join(b"X-%d: y\r\n" % number for number in range(200)))
        refused(connection, 431, "head-too-large")


def test_connections_are_bounded_and_those_that_end_make_room(strict: int) -> None:
    with ExitStack() as stack:
        held = [stack.enter_context(connected(strict)) for _ in range(4)]
        for connection in held:
            connection.sendall(GET)
            assert answer(connection)[0] == 200
        with connected(strict) as extra:
            refused(extra, 503, "too-many-connections")
        held[0].close()
        eventually(lambda: accepted(strict))


def accepted(port: int) -> bool:
    with connected(port) as connection:
        connection.sendall(GET)
        return answer(connection)[0] == 200


def test_one_address_can_not_take_every_connection(repository: Path) -> None:
    given = settings(repository, max_connections_per_address=2)
    app = create_app(given, open_model_server=opened(FirstLabelServer()))
    with listening(app, given) as port, connected(port) as first, connected(port) as second:
        for connection in (first, second):
            connection.sendall(GET)
            assert answer(connection)[0] == 200
        with connected(port) as third:
            refused(third, 503, "too-many-connections")
        assert app.state.metrics.rejected.labels("too-many-connections")._value.get() == 1


AMBIGUOUS = {
    "length and coding": head("/", "Content-Length: 3", CHUNKED) + b"0\r\n\r\n",
    "coding and length": head("/", CHUNKED, "Content-Length: 3") + b"0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "equal lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "list of lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
    "signed length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
    "negative length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc",
    "hexadecimal length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc",
    "endless length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
    "folded header": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
    "folded coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "space before colon": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "identity": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    "compressed": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": head("/", CHUNKED, CHUNKED) + b"0\r\n\r\n",
    "chunked in 1.0": b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "carriage return in a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
    "escape in a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x1b[31mb\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a host that is none": b"GET / HTTP/1.1\r\nHost: a/b@c d\r\n\r\n",
    "HTTP/0.9": b"GET / HTTP/0.9\r\nHost: a\r\n\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "CONNECT": b"CONNECT evil:443 HTTP/1.1\r\nHost: evil\r\n\r\n",
    "unknown method": b"EVIL / HTTP/1.1\r\nHost: a\r\n\r\n",
    "raw bytes in the address": b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
    "control character in the address": b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_what_two_readers_could_read_differently_is_400_and_the_last_on_its_connection(port: int, name: str) -> None:
    with connected(port) as connection:
        connection.sendall(AMBIGUOUS[name] + GET)
        refused(connection, 400, "http-malformed")
        assert ended(connection)


@pytest.mark.parametrize(
    "chunk", [b"0x1\r\nx\r\n", b"1 \r\nx\r\n", b"1\nx\n", b"-1\r\n", b"1\r\nxx\r\n", b"f" * 17 + b"\r\n"]
)
def test_a_chunk_of_doubtful_size_is_400(port: int, chunk: bytes) -> None:
    with connected(port) as connection:
        connection.sendall(head(PREDICT, CHUNKED) + chunk + GET)
        refused(connection, 400, "http-malformed")
        assert ended(connection)


def test_after_an_upgrade_nothing_is_taken_for_a_request(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(head(LIVE, "Connection: Upgrade", "Upgrade: h2c", method="GET") + GET)
        status, headers, _ = answer(connection)
        assert (status, headers["connection"]) == (200, "close")
        assert ended(connection)


def test_a_pipeline_is_bounded_and_what_was_taken_is_answered(strict: int) -> None:
    with connected(strict) as connection:
        connection.sendall(GET * 1000)
        answers = 0
        while True:
            _, headers, _ = answer(connection)
            answers += 1
            if "connection" in headers:
                break
        assert answers == 3, "the one in work, and two that wait"
        assert ended(connection)


def test_malformed_bytes_do_not_spoil_the_answers_before_them(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(sized(PREDICT, PICTURE) + b"\0\0\0")
        assert answer(connection)[0] == 200
        assert ended(connection)


@pytest.mark.parametrize("after", [b"", b"\0"], ids=["leaves", "malformed"])
def test_a_caller_who_pipelines_and_leaves_is_noticed(repository: Path, after: bytes) -> None:
    server = RedServer()
    server.go.clear()
    given = settings(repository)
    with listening(create_app(given, open_model_server=opened(server)), given) as port:
        with connected(port) as connection:
            connection.sendall(sized(PREDICT, PICTURE) + GET + after)
            eventually(lambda: server.sizes)
        eventually(lambda: server.cancelled == 1)


def test_slow_callers_do_not_keep_others_from_being_answered(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connected(port)).sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert accepted(port)
