"""What all users have in common."""

import json
import random
from collections.abc import Sequence
from itertools import cycle
from typing import Any, TypeVar

import gevent
from locust import FastHttpUser, between

from loadtest.credentials import credentials
from loadtest.samples import Body
from loadtest.settings import LoadTestSettings

Sample = TypeVar("Sample")
SETTINGS = LoadTestSettings()
MODEL = f"/v1/models/{SETTINGS.model}"
PREDICT = f"{MODEL}/predict"
HOSTS = cycle(SETTINGS.hosts or [None])
"""The next user's address; None: Locust's own."""
TOOK_LONG = 0
"""Locust's status where there was no answer."""


class GatewayUser(FastHttpUser):
    """Shows the environment's key, and takes an answer for one only if it is right."""

    abstract = True
    wait_time = between(*SETTINGS.think_s)
    network_timeout = connection_timeout = SETTINGS.timeout_s
    default_headers = credentials()

    def __init__(self, environment: Any) -> None:
        self.host = next(HOSTS) or self.host
        super().__init__(environment)

    def predict(self, body: Body, name: str, *, count: int | None = None) -> None:
        """Send a prediction; with `count`, a batch of so many, whose answer is JSON Lines."""
        url = PREDICT if count is None else f"{PREDICT}/batch"
        # Locust's own type knows no bytes, which it sends as they are.
        request: dict[str, Any] = {"data": body.content, "headers": {"Content-Type": body.type}}
        with self.client.post(url, name=name, catch_response=True, **request) as answer:
            if answer.status_code != 200:
                answer.failure(problem(answer))
            elif count is None and not answer.json().get("model"):
                answer.failure("no prediction in the answer")
            elif count is not None and (answered := lines(answer.text)) != count:
                answer.failure(f"{answered} of {count} answers")

    def look(self, path: str, name: str | None = None) -> None:
        """Read a page or a document."""
        with self.client.get(path, name=name or path, catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(problem(answer))

    def at_once(self, bodies: list[Body], name: str) -> None:
        """Send many predictions side by side, and wait for the last answer."""
        gevent.joinall([gevent.spawn(self.predict, body, name) for body in bodies])


def problem(answer: Any) -> str:
    """What went wrong, short enough that equal failures are counted as one: the status and the problem's code."""
    if answer.status_code == TOOK_LONG:
        return f"no answer: {type(answer.error).__name__}"
    try:
        return f"{answer.status_code} {json.loads(answer.text)['code']}"
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)


def lines(text: str) -> int:
    """How many predictions JSON Lines hold; a summary is none, nor is a problem."""
    found = [json.loads(line) for line in text.splitlines() if line]
    return sum("label" in one for one in found)


def chosen(samples: Sequence[Sample], count: int) -> list[Sample]:
    """So many of them, by chance, some more than once."""
    return random.choices(samples, k=count)  # noqa: S311 - no secret
