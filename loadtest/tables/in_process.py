"""Predictions in a process of their own, without any server: what the libraries themselves take for a row.

The command prints the names of what it measures as a JSON list, and then answers each line
`{"name": …, "warm_up_s": …, "seconds": …}` with a JSON list of latencies in seconds.
"""

import json
import shlex
import subprocess
from types import TracebackType
from typing import IO, Any, Self, cast

from loadtest.errors import ServerMissing
from loadtest.measurement import Measurement


class InProcess:
    """Such a command; a context manager. Raises `ServerMissing` where it ends before its time."""

    def __init__(self, command: str) -> None:
        self._command = shlex.split(command)

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._requests, self._answers = cast("tuple[IO[str], IO[str]]", (self._process.stdin, self._process.stdout))
        try:
            self.names: list[str] = self._answer()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        self._process.communicate()

    def measure(self, name: str, warm_up_s: float, seconds: float) -> Measurement:
        """Rows one after the other for some seconds."""
        request = json.dumps({"name": name, "warm_up_s": warm_up_s, "seconds": seconds})
        self._send(request)
        return Measurement(self._answer(), seconds, errors=0)

    def _send(self, request: str) -> None:
        self._requests.write(f"{request}\n")
        self._requests.flush()

    def _answer(self) -> Any:
        line = self._answers.readline()
        if not line:
            raise ServerMissing(f"{self._command[0]} ended before it had answered.")
        return json.loads(line)
