"""One run of tritonserver: start to end, with its guardian and its log."""

import logging
import subprocess
import sys
import threading
import time
from pathlib import Path

from modelserver.client import Client
from modelserver.command import Ports
from modelserver.errors import ServerFailed
from modelserver.logs import TRITON, Tail
from modelserver.ports import check_free

POLL_S = 0.02
HURRY_S = 3.0
"""Time to end for a server of which a model hangs already."""
GUARDIAN_S = 10.0
"""How long the guardian may take, beyond the server's own time, to kill and to sweep."""


class ServerProcess:
    """A running tritonserver. `start` makes one; `stop` ends it and everything that it started."""

    def __init__(self, guardian: "subprocess.Popen[str]", ports: Ports, *, tail: Tail, stop_timeout_s: float) -> None:
        self._guardian = guardian
        self._tail = tail
        self._stop_timeout_s = stop_timeout_s
        self.ports = ports
        self._pump = threading.Thread(target=tail.forward, args=(guardian.stdout,), name="triton-log", daemon=True)
        self._pump.start()

    @classmethod
    def start(
        cls,
        command: list[str],
        *,
        folder: Path,
        environment: dict[str, str],
        ports: Ports,
        log_level: str,
        stop_timeout_s: float,
    ) -> "ServerProcess":
        """Start the command inside `folder`; it is not ready yet. Raises `ServerFailed`."""
        try:
            guardian = subprocess.Popen(
                # -P: the folder is the repository's, from which no module may be imported.
                [sys.executable, "-P", "-m", "modelserver.guardian", str(stop_timeout_s), *command],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                # Ctrl-C in a terminal reaches us alone, and we stop the server in our own order.
                start_new_session=True,
            )
        except OSError as error:
            raise ServerFailed("The guardian of the embedded Triton could not be started.") from error
        tail = Tail(logging.getLogger(TRITON), logging.getLevelNamesMapping()[log_level.upper()])
        return cls(guardian, ports, tail=tail, stop_timeout_s=stop_timeout_s)

    @property
    def guardian_pid(self) -> int:
        """PID of the guardian; Triton is its child, and the stubs are Triton's."""
        return self._guardian.pid

    def is_alive(self) -> bool:
        """Whether the server still runs."""
        return self._guardian.poll() is None

    def wait_live(self, client: Client, timeout: float, *, stopping: threading.Event | None = None) -> None:
        """Wait until the server answers; raises `ServerFailed`, or `PortTaken` where that was the cause of its end."""
        deadline = time.monotonic() + timeout
        while not client.is_live():
            if not self.is_alive():
                self._explain_end()
            if time.monotonic() > deadline:
                raise ServerFailed(f"Triton did not answer within {timeout:g} s.")
            if stopping is not None and stopping.is_set():
                raise ServerFailed("Triton was stopped while it started.")
            time.sleep(POLL_S)

    def stop(self, *, hurry: bool = False) -> None:
        """End the server and its stubs; returns when nothing of them is left. `hurry` where it is known to hang."""
        self._guardian.terminate()
        try:
            self._guardian.wait(HURRY_S if hurry else self._stop_timeout_s + GUARDIAN_S)
        except subprocess.TimeoutExpired:
            # The second order: kill.
            self._guardian.terminate()
        try:
            self._guardian.wait(GUARDIAN_S)
        except subprocess.TimeoutExpired:
            # Its death makes the kernel tell Triton to end.
            self._guardian.kill()
            self._guardian.wait()
        self._pump.join(GUARDIAN_S)
        for stream in (self._guardian.stdin, self._guardian.stdout):
            if stream is not None:
                stream.close()

    def _explain_end(self) -> None:
        self._pump.join(GUARDIAN_S)
        # Another program may have taken a port after we had looked.
        check_free(self.ports)
        reason = self._tail.last_error()
        raise ServerFailed(f"Triton ended while it started: {reason}." if reason else "Triton ended while it started.")
