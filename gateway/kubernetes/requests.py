"""Requests about one namespace, with the official client's connection and credentials.

Bodies and answers stay the JSON that they are: the client's models refuse or drop every field that they don't know.
"""

import json
import threading
from typing import Any

from gateway.kubernetes.connecting import Connection, Question, connect
from gateway.kubernetes.errors import ApiAway, ApiRefused
from gateway.kubernetes.place import Place

MAX_ANSWER = 8 * 1024 * 1024
MAX_MESSAGE = 300
AWAY = frozenset({401, 408, 429})
"""Statuses that may be another one soon: a token that is being renewed, an API server with too much to do."""

Raw = dict[str, Any]


class Requests:
    """Blocking requests, safe for several threads; all raise `ApiAway` and `ApiRefused`.

    It connects when it is first used. `{namespace}` and `{name}` in a path are filled in.
    """

    def __init__(self, place: Place, timeout_s: float) -> None:
        self._place = place
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def json(self, method: str, path: str, **request: Any) -> Raw:
        """The object that comes back; `request` as for `read`."""
        try:
            found = json.loads(self.read(method, path, **request))
        except ValueError:
            raise ApiAway("the answer is no JSON") from None
        if not isinstance(found, dict):
            raise ApiAway("the answer is no object")
        return found

    def read(
        self,
        method: str,
        path: str,
        *,
        name: str = "",
        query: dict[str, str] | None = None,
        body: Raw | bytes | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        """What comes back, as it is."""
        names = {"namespace": self._place.namespace, "name": name}
        question = Question(method, path, names, query or {}, body, content_type)
        status, content = self._connected().ask(question, limit=MAX_ANSWER)
        if status >= 500 or status in AWAY:
            raise ApiAway(f"status {status}")
        if status >= 300:
            raise ApiRefused(status, _message(content))
        return content

    def close(self) -> None:
        """End the connections."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

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
