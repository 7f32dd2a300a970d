"""The few requests that jobs need of the Kubernetes API, with the official client's connection and credentials.

Bodies and answers stay the JSON that they are: the client's models refuse or drop every field that they don't know, and
a copy made of them would not be the trainer's pod.
"""

import json
import threading
from typing import Any

from gateway.jobs.kubernetes.connecting import Connection, Question, connect
from gateway.jobs.kubernetes.errors import ApiAway, ApiRefused
from gateway.jobs.kubernetes.place import Place

JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
MAX_ANSWER = 8 * 1024 * 1024
MAX_LOG = 16 * 1024
MAX_MESSAGE = 300
LOG_LINES = 20
MAX_PODS = 20
AWAY = frozenset({401, 408, 429})
"""Statuses that may be another one soon: a token that is being renewed, an API server with too much to do."""

CRON_JOBS = "/apis/batch/v1/namespaces/{namespace}/cronjobs"
JOBS = "/apis/batch/v1/namespaces/{namespace}/jobs"
PODS = "/api/v1/namespaces/{namespace}/pods"

Raw = dict[str, Any]


class JobApi:
    """Blocking requests about one namespace's jobs, safe for several threads; all raise `ApiAway` and `ApiRefused`."""

    def __init__(self, place: Place, timeout_s: float) -> None:
        self._place = place
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def cron_job(self, name: str) -> Raw:
        """A CronJob."""
        return self._json("GET", CRON_JOBS + "/{name}", name=name)

    def create(self, job: Raw) -> None:
        """Make a Job."""
        self._json("POST", JOBS, body=job)

    def job(self, name: str) -> Raw:
        """A Job."""
        return self._json("GET", JOBS + "/{name}", name=name)

    def delete(self, name: str) -> None:
        """Remove a Job and its pods; the Job is seen until the pods have ended."""
        self._json("DELETE", JOBS + "/{name}", name=name, query={"propagationPolicy": "Foreground"})

    def pods(self, job: str) -> list[Raw]:
        """A Job's pods, as many as are worth a look."""
        wanted = {"labelSelector": f"{JOB_NAME_LABEL}={job}", "limit": str(MAX_PODS)}
        items = self._json("GET", PODS, query=wanted).get("items")
        return items if isinstance(items, list) else []

    def log(self, pod: str, container: str) -> bytes:
        """The end of what a container wrote."""
        wanted = {"container": container, "tailLines": str(LOG_LINES), "limitBytes": str(MAX_LOG)}
        return self._read("GET", PODS + "/{name}/log", name=pod, query=wanted)[:MAX_LOG]

    def close(self) -> None:
        """End the connections."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _json(self, method: str, path: str, **request: Any) -> Raw:
        try:
            found = json.loads(self._read(method, path, **request))
        except ValueError:
            raise ApiAway("the answer is no JSON") from None
        if not isinstance(found, dict):
            raise ApiAway("the answer is no object")
        return found

    def _read(
        self, method: str, path: str, *, name: str = "", query: dict[str, str] | None = None, body: Raw | None = None
    ) -> bytes:
        names = {"namespace": self._place.namespace, "name": name}
        question = Question(method, path, names, query or {}, body)
        status, content = self._connected().ask(question, limit=MAX_ANSWER)
        if status >= 500 or status in AWAY:
            raise ApiAway(f"status {status}")
        if status >= 300:
            raise ApiRefused(status, _message(content))
        return content

    def _connected(self) -> Connection:
        with self._lock:
            if self._connection is None:
                self._connection = connect(self._place, self._timeout_s)
            return self._connection


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])[:MAX_MESSAGE]
    except (KeyError, TypeError, ValueError):
        return ""
