"""The log: its lines' form, what can't get into it, and that it never holds anything up."""

import contextlib
import json
import logging
import os
import pty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.app import create_app
from gateway.identity.principal import Principal
from gateway.telemetry import backlog, logs
from gateway.telemetry.cleaning import clean
from gateway.telemetry.context import CURRENT, RequestContext
from gateway.telemetry.logs import LogHandler, logging_to
from gateway.telemetry.settings import TelemetrySettings
from tests.unit.gateway.rig import BATCH, PREDICT, RedServer, client, listening, opened, png, settings

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
# A terminal's escape, line ends of all kinds, a mark that turns writing, a lone surrogate, NUL.
NASTY = "\x1b[31m\r\nadmin\u2028x\u202ey\ud800z\x00\x9b\x7f"
log = logging.getLogger("test.telemetry")


@pytest.fixture(autouse=True)
def root_stays_as_it_was() -> Iterator[None]:
    root, level = logging.getLogger(), logging.getLogger().level
    before = {name: logging.getLogger(name).level for name in logs.QUIET}
    yield
    root.setLevel(level)
    for name, one in before.items():
        logging.getLogger(name).setLevel(one)


@contextlib.contextmanager
def logging_into(path: Path, **changes: Any) -> Iterator[LogHandler]:
    chosen = TelemetrySettings(_env_file=None, **changes)
    with path.open("wb") as file, logging_to(file.fileno(), chosen) as handler:
        yield handler


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@given(st.text(), st.integers(2, 50))
def test_a_cleaned_text_is_printable_and_bounded(text: str, limit: int) -> None:
    cleaned = clean(text + NASTY, limit)
    assert cleaned.isprintable()
    assert len(cleaned) <= limit * len(r"\U0010ffff")
    assert clean(cleaned, len(cleaned)) == cleaned


def test_a_line_tells_time_level_logger_message_and_request(tmp_path: Path) -> None:
    context = RequestContext(TRACE, "00f067aa0ba902b7", "mine", {"principal": Principal("key", "abc", None)})
    with logging_into(tmp_path / "log"):
        token = CURRENT.set(context)
        log.info("%d rows", 3, extra={"password": "secret"})
        CURRENT.reset(token)
        log.warning("alone")
    first, second = lines(tmp_path / "log")
    assert first.pop("time").endswith("Z")
    assert first == {
        "level": "INFO",
        "logger": "test.telemetry",
        "message": "3 rows",
        "trace_id": TRACE,
        "span_id": "00f067aa0ba902b7",
        "request_id": "mine",
        "principal": "key:abc",
    }
    assert second.keys() == {"time", "level", "logger", "message"}


def test_an_errors_text_and_arguments_that_do_not_fit_are_not_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with logging_into(tmp_path / "log") as handler:
        try:
            int("secret")
        except ValueError:
            log.exception("it failed")
        # Not by the logger: pytest's own handler would raise.
        handler.handle(logging.LogRecord("test", logging.INFO, "", 0, "%d", ("secret",), None))
        assert handler.dropped == 1
    (line,) = lines(tmp_path / "log")
    assert line["message"].startswith("it failed: ValueError at test_logs.py:")
    assert "secret" not in (tmp_path / "log").read_text() + capfd.readouterr().err


@pytest.mark.parametrize("format", ["json", "text"])
async def test_nothing_that_a_caller_sends_breaks_a_line_or_gets_into_it(
    repository: Path, tmp_path: Path, format: str
) -> None:
    headers = [(name, NASTY.encode("utf-8", "surrogatepass")) for name in (b"X-Request-Id", b"User-Agent", b"Referer")]
    app = create_app(settings(repository), open_model_server=opened(RedServer()))
    with logging_into(tmp_path / "log", logging_format=format):
        async with client(app) as http:
            await http.post(PREDICT, content=png((3, 0, 0)), headers=headers)
            await http.post(PREDICT, content=b"evil" * 9, headers=headers)
            await http.post(BATCH, files=[("files", ('a";\r\nevil', b"evil"))])
            await http.get("/v1/models/%1b%5b31m%0d%0a%E2%80%A8evil?evil=%0aevil")
            await http.get("/%0a%1bevil")
        # Should a name of theirs get into a message or a field nevertheless:
        log.info("%s", NASTY, extra={"route": NASTY * 100})
    written = (tmp_path / "log").read_text(encoding="utf-8")
    assert "evil" not in written
    assert all(character.isprintable() for character in written.replace("\n", ""))
    found = written.splitlines()
    assert len([line for line in found if "gateway.access" in line]) == 5
    assert all(len(line) < 20_000 for line in found)
    if format == "json":
        for line in lines(tmp_path / "log"):
            assert all(str(value).isprintable() for value in line.values())


async def test_the_access_log_has_fields(repository: Path, tmp_path: Path) -> None:
    app = create_app(settings(repository), open_model_server=opened(RedServer()))
    with logging_into(tmp_path / "log"):
        async with client(app) as http:
            headers = {"X-Request-Id": "mine", "traceparent": f"00-{TRACE}-{'1' * 16}-01"}
            await http.post(PREDICT, content=b"x", headers=headers)
    (line,) = (line for line in lines(tmp_path / "log") if line["logger"] == "gateway.access")
    assert line["ms"] >= 0
    assert line["span_id"] != "1" * 16
    expected = {
        "trace_id": TRACE,
        "request_id": "mine",
        "principal": "local:local",
        "method": "POST",
        "route": "/v1/models/{model}/predict",
        "status": 415,
        "code": "picture-unsupported",
    }
    assert expected.items() <= line.items()


@pytest.mark.parametrize("given", ["a b", "ü", "x" * 129, "", "a\tb", 'a"b'])
async def test_a_request_id_that_is_not_well_formed_is_replaced(repository: Path, given: str) -> None:
    app = create_app(settings(repository), open_model_server=opened(RedServer()))
    async with client(app) as http:
        wrong = (await http.get("/health", headers={b"X-Request-Id": given.encode()})).headers["x-request-id"]
        right = (await http.get("/health", headers={"X-Request-Id": "x" * 128})).headers["x-request-id"]
    assert len(wrong) == 36
    assert right == "x" * 128


def test_uvicorn_s_own_messages_have_our_form(repository: Path, tmp_path: Path) -> None:
    chosen = settings(repository)
    app = create_app(chosen, open_model_server=opened(RedServer()))
    with logging_into(tmp_path / "log"), listening(app, chosen):
        pass
    found = {line["message"] for line in lines(tmp_path / "log") if line["logger"] == "uvicorn.error"}
    assert "Application startup complete." in found


def test_a_reader_that_hangs_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "STOP_S", 0.1)
    reader, writer = os.pipe()
    with logging_to(writer, TelemetrySettings(_env_file=None, logging_queue=10)) as handler:
        for _ in range(3000):
            log.info("x" * 1000)
        assert handler.dropped > 0
    os.close(reader)
    # The thread that hung in its write ends with the pipe.
    os.close(writer)


def test_a_full_disk_fails_nothing_and_is_counted(tmp_path: Path) -> None:
    with logging_into(tmp_path / "log", logging_file="/dev/full") as handler:
        for _ in range(5):
            log.info("x")
    assert handler.failed >= 5
    assert len(lines(tmp_path / "log")) == 5


def test_a_file_that_can_not_be_opened_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with logging_into(tmp_path / "log", logging_file=tmp_path / "file" / "log") as handler:
        log.info("x")
    assert handler.failed == 1
    assert len(lines(tmp_path / "log")) == 1


def test_files_are_bounded_in_size_and_number(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "log"
    with logging_into(tmp_path / "log", logging_file=file, logging_file_bytes=1000, logging_files=2):
        for _ in range(100):
            log.info("x" * 100)
    assert {path.name for path in file.parent.iterdir()} == {"log", "log.1", "log.2"}
    assert all(path.stat().st_size <= 1000 for path in file.parent.iterdir())
    assert lines(file)[-1]["message"] == "x" * 100


def test_on_a_terminal_lines_are_for_people() -> None:
    leader, follower = pty.openpty()
    with logging_to(follower, TelemetrySettings(_env_file=None)):
        log.info("hello", extra={"trace_id": TRACE})
    assert os.read(leader, 1000).decode().strip().endswith(f"INFO test.telemetry hello trace={TRACE}")
    os.close(leader)
    os.close(follower)


def test_the_level_holds_and_libraries_are_quiet(tmp_path: Path) -> None:
    with logging_into(tmp_path / "log", logging_level="debug"):
        log.debug("seen")
        logging.getLogger("sqlalchemy.engine").info("not seen")
        logging.getLogger("alembic.runtime").warning("seen too")
    assert [line["message"] for line in lines(tmp_path / "log")] == ["seen", "seen too"]
    with logging_into(tmp_path / "log", logging_level="error"):
        log.warning("not seen")
    assert not lines(tmp_path / "log")
