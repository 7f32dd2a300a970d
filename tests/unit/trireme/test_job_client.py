"""The client of jobs, and how it follows a stream that breaks off."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trireme.client import Client
from trireme.errors import GatewayAway, Refused
from trireme.following import detail, fraction
from trireme.job_client import JobClient
from trireme.sse import Event, events
from trireme.verdict import exit_status, verdict

PING = ": ping\n\n"


def sent(number: int, kind: str = "log", **data: object) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\nid: {number}\n\n"


@dataclass
class Script:
    """What the server answers, one request after the other: a status and a body, which may break off."""

    answers: list[tuple[int, str]]
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path, and Last-Event-ID."""


@contextmanager
def serving(script: Script) -> Iterator[Client]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.asked.append((self.path, self.headers.get("Last-Event-ID")))
            status, body = script.answers.pop(0)
            self.send_response(status)
            kind = "text/event-stream" if status == 200 else "application/problem+json"
            self.send_header("Content-Type", kind)
            # One byte more than there is: the answer breaks off.
            self.send_header("Content-Length", str(len(body) + (status == 200)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with Client(f"http://127.0.0.1:{server.server_port}") as client:
            yield client
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Time:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def clock(self) -> float:
        return self.now


def follower(client: Client) -> JobClient:
    hours = Time()
    return JobClient(client, pause=hours.pause, clock=hours.clock)


def refusal(status: int, code: str) -> tuple[int, str]:
    return status, json.dumps({"status": status, "code": code, "detail": "No."})


def test_a_stream_that_breaks_off_goes_on_where_it_was_and_no_event_comes_twice() -> None:
    script = Script(
        [
            (200, sent(1, "state", state="queued") + PING + sent(2, line="a") + "event: log\nda"),
            (200, ""),
            refusal(503, "overloaded"),
            (200, sent(5, line="b") + sent(9, "state", state="succeeded")),
        ]
    )

    with serving(script) as client:
        found = list(follower(client).follow("tiny", "retrain", "j"))

    assert [event.id for event in found] == ["1", "2", "5", "9"]
    assert [last for _, last in script.asked] == [None, "2", "2", "2"]


def test_a_gateway_that_stays_away_is_given_up_after_two_minutes() -> None:
    script = Script([(200, "")] * 200)

    with serving(script) as client, pytest.raises(GatewayAway):
        list(follower(client).follow("tiny", "retrain", "j"))

    assert len(script.asked) == 122


def test_a_job_that_is_not_there_is_said_at_once() -> None:
    script = Script([refusal(404, "job-unknown")])

    with serving(script) as client, pytest.raises(Refused) as refused:
        list(follower(client).follow("tiny", "retrain", "j"))

    assert refused.value.problem_code == "job-unknown"


def test_what_a_person_types_stays_one_part_of_the_address() -> None:
    script = Script([refusal(404, "model-unknown")])

    with serving(script) as client, pytest.raises(Refused):
        follower(client).find("../v1/keys?x=", "retrain", "a/b")

    assert script.asked == [("/v1/models/..%2Fv1%2Fkeys%3Fx%3D/retrain/a%2Fb", None)]


def test_events_have_many_data_lines_and_what_is_none_is_left_out() -> None:
    lines = ["data: {", 'data:"a": 1}', "", "data: [1]", "", ": ping", "", "event: x", "data: nonsense", "", "data: {}"]

    assert list(events(lines)) == [Event("message", None, {"a": 1})]


@pytest.mark.parametrize(
    ("progress", "share", "told"),
    [
        ({"stage": "training"}, None, ""),
        ({"epoch": 1, "epochs": 4}, 0.0, "epoch 1/4"),
        ({"epoch": 3, "epochs": 4, "step": 5, "steps": 10}, 0.625, "epoch 3/4, step 5/10"),
        ({"step": 9, "steps": 10, "accuracy": 0.5, "eta_s": 3725.4}, 0.9, "step 9/10, accuracy 50.0%, 1:02:05 left"),
        ({"epoch": 9, "epochs": 4, "step": 3}, 1.0, "epoch 9/4, step 3"),
        ({"epoch": 2, "epochs": None, "validation_accuracy": 1.0}, None, "epoch 2, validation 100.0%"),
    ],
)
def test_progress_is_told_as_far_as_it_is_known(progress: dict[str, object], share: float | None, told: str) -> None:
    assert fraction(progress) == share
    assert detail(progress) == told


@pytest.mark.parametrize(
    ("job", "says", "status"),
    [
        ({"state": "succeeded", "result": {"published": 4}}, "Version 4 of tiny is published. The rule holds.", 0),
        ({"state": "rejected", "result": {"published": None}}, "Nothing was published. The rule holds.", 3),
        ({"state": "failed", "reason": "The disk is full."}, "The job failed: The disk is full.", 1),
        ({"state": "cancelled"}, "The job was cancelled.", 1),
    ],
)
def test_a_verdict_is_a_sentence_and_an_exit_status(job: dict[str, object], says: str, status: int) -> None:
    result = job.get("result")
    filled = {**result, "kind": "retrain", "rule": "The rule holds."} if isinstance(result, dict) else None

    assert verdict({"model": "tiny", "reason": None, **job, "result": filled}) == says
    assert exit_status(job) == status
