"""What only a real connection shows: limits while reading, callers who leave, pipelining."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from contract.card import VersionCard
from gateway.app import create_app
from gateway.inference import Pixels, Probabilities
from tests.support.wire import answer, connected, head, refused, sized
from tests.unit.gateway.rig import BATCH, PREDICT, RedServer, eventually, listening, opened, png, settings

LIMIT = 10_000
PICTURE = png((3, 0, 0))


@pytest.fixture(scope="module")
def port(repository: Path) -> Iterator[int]:
    given = settings(repository, max_body_bytes=LIMIT, max_batch_bytes=2 * LIMIT, max_buffered_bytes=2 * LIMIT)
    with listening(create_app(given, open_model_server=opened(RedServer())), given) as port:
        yield port


@pytest.mark.parametrize(("path", "limit"), [(PREDICT, LIMIT), (BATCH, 2 * LIMIT)])
def test_a_body_that_announces_too_much_is_refused_before_it_is_sent(port: int, path: str, limit: int) -> None:
    with connected(port) as connection:
        connection.sendall(head(path, "Content-Type: multipart/form-data; boundary=b", f"Content-Length: {limit + 1}"))
        refused(connection, 413, "body-too-large")


def test_an_announced_body_is_not_even_asked_for(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(head(PREDICT, "Content-Length: 99999999", "Expect: 100-continue"))
        refused(connection, 413, "body-too-large")


def test_a_body_of_unknown_size_is_refused_once_it_passes_the_limit(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(head(PREDICT, "Transfer-Encoding: chunked"))
        connection.sendall(b"%x\r\n" % (LIMIT + 1) + b"x" * (LIMIT + 1))
        refused(connection, 413, "body-too-large")


def test_a_body_at_the_limit_is_read(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(sized(PREDICT, PICTURE.ljust(LIMIT, b"\0")))
        assert answer(connection)[0] == 200


def test_a_caller_who_sends_everything_first_can_still_read_the_refusal(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(sized(PREDICT, b"x" * 4_000_000))
        refused(connection, 413, "body-too-large")


def test_a_refused_connection_ends(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(head(PREDICT, f"Content-Length: {LIMIT + 1}"))
        refused(connection, 413, "body-too-large")
        assert connection.recv(1) == b""


def test_an_unknown_address_does_not_read_the_body(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(head("/v1/models/nope/predict", "Transfer-Encoding: chunked"))
        refused(connection, 404, "model-unknown")


def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(sized(PREDICT, PICTURE) + sized(PREDICT, b"no picture") + sized(PREDICT, PICTURE))
        assert [answer(connection)[0] for _ in range(3)] == [200, 415, 200]


def test_nothing_after_a_refused_body_is_taken_for_a_request(port: int) -> None:
    with connected(port) as connection:
        smuggled = sized(PREDICT, PICTURE)
        connection.sendall(sized(PREDICT, b"x" * (LIMIT + 1) + smuggled))
        refused(connection, 413, "body-too-large")
        assert connection.recv(1) == b""


def test_bodies_together_are_bounded(port: int) -> None:
    with connected(port) as first, connected(port) as second, connected(port) as third:
        for connection in (first, second):
            connection.sendall(head(PREDICT, f"Content-Length: {LIMIT}") + b"x" * (LIMIT - 1))
        eventually(lambda: buffered(port) == 2 * LIMIT - 2)
        third.sendall(sized(PREDICT, PICTURE))
        status, headers, body = answer(third)
        assert (status, json.loads(body)["code"], headers["retry-after"]) == (503, "overloaded", "1")
    eventually(lambda: buffered(port) == 0)


def buffered(port: int) -> float:
    with connected(port) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: gateway\r\n\r\n")
        text = answer(connection)[2].decode()
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("trireme_gateway_buffered")))


def test_a_caller_who_leaves_while_sending_is_no_error(port: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with connected(port) as connection:
        connection.sendall(head(PREDICT, "Content-Length: 100") + b"x")
    eventually(lambda: "499 client-gone" in caplog.text)
    assert "ERROR" not in caplog.text


class SlowServer(RedServer):
    async def infer(self, card: VersionCard, pictures: Sequence[Pixels], timeout_s: float, /) -> Probabilities:
        self.go.clear()
        return await super().infer(card, pictures, timeout_s)


class GatedServer(RedServer):
    """Answers at once, but pictures that are red by 2 only when the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    async def infer(self, card: VersionCard, pictures: Sequence[Pixels], timeout_s: float, /) -> Probabilities:
        if any(picture[0, 0, 0] == 2 for picture in pictures):
            await asyncio.to_thread(self.gate.wait, 20)
        return await super().infer(card, pictures, timeout_s)


def test_a_line_of_a_batch_arrives_before_the_next_picture_is_done(repository: Path) -> None:
    server = GatedServer()
    given = settings(repository, batch_window=1)
    files = [("files", png((red, 0, 0))) for red in (1, 2)]
    with (
        listening(create_app(given, open_model_server=opened(server)), given) as port,
        httpx.stream("POST", f"http://127.0.0.1:{port}{BATCH}", files=files, timeout=20) as answer,
    ):
        lines = answer.iter_lines()
        assert json.loads(next(lines))["index"] == 0
        server.gate.set()
        assert [json.loads(line)["index"] for line in lines] == [1]


@pytest.mark.parametrize("path", [PREDICT, BATCH])
def test_work_for_a_caller_who_left_is_cancelled(repository: Path, path: str) -> None:
    server = SlowServer()
    given = settings(repository)
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n' + PICTURE + b"\r\n--b--\r\n"
    with listening(create_app(given, open_model_server=opened(server)), given) as port:
        with connected(port) as connection:
            if path == PREDICT:
                connection.sendall(sized(path, PICTURE))
            else:
                length = f"Content-Length: {len(part)}"
                connection.sendall(head(path, "Content-Type: multipart/form-data; boundary=b", length) + part)
            eventually(lambda: server.sizes)
        eventually(lambda: server.cancelled == 1)
