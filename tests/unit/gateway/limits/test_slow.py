"""Slow senders, slow readers, and callers with little patience."""

import contextlib
import io
import socket
import time
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.app import create_app
from gateway.limits.unread import guarded
from tests.support.table_versions import ROW, make_table_version
from tests.support.versions import make_version
from tests.support.wire import connected, head, refused
from tests.unit.gateway.rig import (
    PREDICT,
    RedServer,
    check_problem,
    eventually,
    gateway,
    listening,
    opened,
    png,
    settings,
    soon,
)
from tests.unit.gateway.table_rig import FILE, RiskServer


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_version(root, "tiny", 1)
    make_table_version(root, "credit", 1)
    return root


@pytest.mark.parametrize(("path", "kind"), [(PREDICT, "image/png"), (FILE, "text/csv")])
def test_a_body_that_trickles_is_408_long_before_its_time_is_over(repository: Path, path: str, kind: str) -> None:
    given = settings(repository, body_grace_s=0.2, min_bytes_per_s=1000, max_batches=1)
    with listening(create_app(given, open_model_server=opened(RiskServer())), given) as port:
        with connected(port) as connection:
            connection.sendall(head(path, f"Content-Type: {kind}", "Content-Length: 100000"))
            for _ in range(10):
                connection.sendall(b"x")
                time.sleep(0.01)
            refused(connection, 408, "body-late")
        # Its place is free again.
        with connected(port) as connection:
            connection.sendall(head(path, f"Content-Type: {kind}", "Content-Length: 0"))
            assert connection.recv(12) != b"HTTP/1.1 503"


def test_a_body_that_keeps_the_pace_is_taken(repository: Path) -> None:
    given = settings(repository, body_grace_s=0.3, min_bytes_per_s=100)
    body = png((3, 0, 0)).ljust(400, b"\0")
    with listening(create_app(given, open_model_server=opened(RedServer())), given) as port, connected(port) as sender:
        sender.sendall(head(PREDICT, f"Content-Length: {len(body)}"))
        for start in range(0, len(body), 50):
            sender.sendall(body[start : start + 50])
            time.sleep(0.1)
        assert sender.recv(12) == b"HTTP/1.1 200"


CSV_TO_LINES = "Content-Type: text/csv", "Accept: application/x-ndjson", "Connection: close"


def rows(count: int) -> bytes:
    lines = io.StringIO()
    lines.write(",".join(ROW) + "\n")
    for index in range(count):
        lines.write(f"key-of-this-row-{index},31,2400.5,true,car\n")
    return lines.getvalue().encode()


def rest(connection: socket.socket) -> bytes:
    """The end of what still comes, until the connection ends."""
    tail, piece = b"", b"x"
    with contextlib.suppress(ConnectionError):
        while piece:
            piece = connection.recv(200_000)
            tail = (tail + piece)[-5:]
    return tail


def test_an_answer_that_is_not_read_frees_its_place(repository: Path) -> None:
    given = settings(repository, write_timeout_s=0.3, max_batches=1)
    body = rows(40_000)
    request = head(FILE, *CSV_TO_LINES, f"Content-Length: {len(body)}")
    with listening(create_app(given, open_model_server=opened(RiskServer())), given) as port:
        url = f"http://127.0.0.1:{port}{FILE}"
        with socket.socket() as unread, httpx.Client(timeout=20) as http:
            unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            unread.connect(("127.0.0.1", port))
            unread.sendall(request + body)
            assert unread.recv(12) == b"HTTP/1.1 200"
            csv = {"Content-Type": "text/csv"}
            assert http.post(url, content=rows(1), headers=csv).status_code == 503
            eventually(lambda: http.post(url, content=rows(1), headers=csv).status_code == 200)
            assert not rest(unread).endswith(b"0\r\n\r\n")


class Plain(HttpToolsProtocol):
    """A protocol without a connection: its loop and its transport are stand-ins."""

    def __init__(self) -> None:
        self.loop = self.transport = Mock()
        self.flow = Mock(write_paused=False)


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A connection with 100 kB that its caller hasn't read; 2 kB have to be gone in two seconds."""
    for name in ("pause_writing", "resume_writing", "on_response_complete", "_start_asgi_task"):
        monkeypatch.setattr(HttpToolsProtocol, name, Mock())
    protocol: Any = guarded(Plain, timeout_s=2.0, min_bytes_per_s=1000)
    connection = protocol()
    connection.transport.get_write_buffer_size.return_value = 100_000
    return connection


def look(connection: Any, *, left: int) -> None:
    """The guard's next look, at so many bytes."""
    (seconds, check, held), _ = connection.loop.call_later.call_args
    assert seconds == 2.0
    connection.transport.get_write_buffer_size.return_value = left
    check(held)


PACES = pytest.mark.parametrize(("read", "breaks"), [(2000, False), (1999, True), (0, True)])


@PACES
def test_a_full_buffer_has_to_be_read_at_a_pace(unread: Any, read: int, breaks: bool) -> None:
    unread.flow.write_paused = True
    unread.pause_writing()
    look(unread, left=100_000 - read)
    assert unread.transport.abort.called is breaks
    assert unread.loop.call_later.call_count == (1 if breaks else 2)


@PACES
def test_the_end_of_an_answer_has_to_be_read_at_a_pace(unread: Any, read: int, breaks: bool) -> None:
    unread.on_response_complete()
    look(unread, left=100_000 - read)
    assert unread.transport.abort.called is breaks
    assert unread.loop.call_later.call_count == (1 if breaks else 2)


def test_the_end_of_an_answer_has_to_be_read_when_the_buffer_was_full_before(unread: Any) -> None:
    unread.flow.write_paused = True
    unread.pause_writing()
    unread.on_response_complete()
    unread.flow.write_paused = False
    unread.transport.get_write_buffer_size.return_value = 1000
    unread.resume_writing()
    look(unread, left=1000)
    unread.transport.abort.assert_called_once()


def test_who_has_read_all_or_waits_for_the_next_answer_is_left_alone(unread: Any) -> None:
    unread.on_response_complete()
    look(unread, left=0)
    unread.transport.get_write_buffer_size.return_value = 1000
    unread.on_response_complete()
    unread._start_asgi_task(Mock(), Mock())
    look(unread, left=5000)
    unread.transport.abort.assert_not_called()


async def test_a_callers_own_deadline_cancels_the_call_to_the_model_server(repository: Path) -> None:
    server = RedServer()
    server.go.clear()
    async with gateway(repository, server) as http:
        late = await http.post(PREDICT, content=png(), headers={"X-Request-Timeout": "0.05"})
        check_problem(late, 504, "deadline-passed")
        await soon(lambda: server.cancelled == 1)


async def test_a_callers_deadline_cannot_outlast_the_gateways_own(repository: Path) -> None:
    server = RedServer()
    server.go.clear()
    async with gateway(repository, server, triton_timeout_s=0.05) as http:
        late = await http.post(PREDICT, content=png(), headers={"X-Request-Timeout": "60"})
        check_problem(late, 504, "model-server-timeout")


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon", "1e9"])
async def test_a_deadline_that_is_none_is_an_error(repository: Path, value: str) -> None:
    async with gateway(repository) as http:
        answer = await http.post(PREDICT, content=png(), headers={"X-Request-Timeout": value})
        check_problem(answer, 422, "request-invalid")


async def test_one_with_time_to_spare_is_answered(repository: Path) -> None:
    async with gateway(repository) as http:
        answer = await http.post(PREDICT, content=png((3, 0, 0)), headers={"X-Request-Timeout": "20"})
        assert answer.status_code == 200
