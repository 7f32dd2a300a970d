"""The part of the client that is about jobs."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal
from urllib.parse import quote

from contract.jobs.documents import JobKind, JobState
from trireme.client import Client
from trireme.errors import GatewayAway, Refused
from trireme.sse import Event, events

Kind = Literal["retrain", "evaluate", "drift-report"]
KINDS: tuple[Kind, ...] = ("retrain", "evaluate", "drift-report")
Job = dict[str, Any]

PATIENCE_S = 120.0
"""Seconds for which a gateway may be away before following gives up."""
PAUSE_S = 1.0
BUSY = 500
"""Statuses from here on may be better in a moment."""


class JobClient:
    """Jobs of one gateway; jobs are the API's JSON as dictionaries. Raises as `Client` does."""

    def __init__(
        self,
        client: Client,
        *,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._pause = pause
        self._clock = clock

    def start(self, model: str, kind: Kind, question: Mapping[str, Any]) -> Job:
        """Ask for a job."""
        return self._client.ask("POST", _path(model, kind), json=dict(question))

    def find(self, model: str, kind: Kind, job: str) -> Job:
        """One job, with the last lines of its log."""
        # Of a drift report, a page is there too.
        return self._client.ask("GET", _path(model, kind, job), headers={"Accept": "application/json"})

    def page(self, model: str, kind: Kind, job: str) -> bytes:
        """The page of HTML that a job made."""
        return self._client.content(_path(model, kind, job), accept="text/html")

    def newest(self, model: str, kind: Kind, limit: int) -> list[Job]:
        """The newest jobs."""
        jobs: list[Job] = self._client.ask("GET", _path(model, kind), params={"limit": limit})["jobs"]
        return jobs

    def cancel(self, model: str, kind: Kind, job: str) -> Job:
        """Ask a job to end."""
        return self._client.ask("DELETE", _path(model, kind, job))

    def follow(self, model: str, kind: Kind, job: str) -> Iterator[Event]:
        """What happens in a job, from its beginning to its end, each event once.

        A stream that breaks off is taken up again where it broke off; raises `GatewayAway` where no gateway answers for
        two minutes.
        """
        last: str | None = None
        alive = self._clock()
        while True:
            for event in self._some(_path(model, kind, job, "events"), last, alive):
                yield event
                last, alive = event.id or last, self._clock()
                if is_end(event):
                    return
            self._pause(PAUSE_S)

    def _some(self, path: str, last: str | None, alive: float) -> Iterator[Event]:
        headers = {} if last is None else {"Last-Event-ID": last}
        got_one = False
        try:
            for event in events(self._client.lines(path, headers)):
                got_one = True
                yield event
        except GatewayAway:
            if not got_one and self._clock() - alive > PATIENCE_S:
                raise
        except Refused as refusal:
            if refusal.problem_status < BUSY or self._clock() - alive > PATIENCE_S:
                raise


def is_end(event: Event) -> bool:
    """Whether an event tells of its job's end."""
    return event.kind == "state" and is_over(event.data)


def is_over(job: Mapping[str, Any]) -> bool:
    """Whether a job has ended; a state that this client doesn't know is none of the ends."""
    return job.get("state") in {state.value for state in JobState if state.is_final}


def _path(model: str, kind: Kind, *rest: str) -> str:
    parts = (model, *JobKind(kind).path.split("/"), *rest)
    return "/v1/models/" + "/".join(quote(part, safe="") for part in parts)
