"""The first process inside a cluster's namespaces: starts the daemons, collects what ends, ends when one of them does.

The kubelet alone is started again, as nodes do it. When the first process ends, by itself or killed, the kernel ends
everything in the namespaces, pods included.
usage: python -m tests.cluster.kit.init STATE SOCKET
"""

import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.error import URLError

from tests.cluster.kit.addresses import API_PORT, NODE, SERVICES, STATE
from tests.cluster.kit.daemons import FIRST, KUBELET, THEN

START_S = 120


class Daemons:
    """Processes that were started, and what becomes of them."""

    def __init__(self) -> None:
        # Kept: a Popen that is dropped may be waited for by the next one, and its end would go unseen.
        self._running: dict[int, tuple[str, subprocess.Popen[bytes]]] = {}

    def start(self, name: str, command: Sequence[str], descriptors: Sequence[int] = ()) -> None:
        """Start a process that logs to a file of its own."""
        with (STATE / "log" / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, pass_fds=descriptors
            )
        self._running[process.pid] = (name, process)

    def ended(self, options: int = 0) -> str | None:
        """Collect ended processes, a first process's duty, until one of these is among them; gives its name.

        With `os.WNOHANG` it doesn't wait, and gives nothing where none of these has ended.
        """
        while True:
            pid, _ = os.waitpid(-1, options)
            if pid in self._running:
                return self._running.pop(pid)[0]
            if pid == 0:
                return None


def main(state: str, listener: int) -> None:
    """Set up the namespaces, start everything, then wait for a daemon to end."""
    subprocess.run([Path(__file__).with_name("namespace.sh"), state, NODE, SERVICES], check=True)
    daemons = Daemons()
    daemons.start("forward", [sys.executable, "-m", "tests.cluster.kit.forward", str(listener)], [listener])
    for daemon in FIRST:
        daemons.start(daemon.program, daemon.command)
    ended = wait_for_api_server(daemons)
    if ended is None:
        for daemon in THEN:
            daemons.start(daemon.program, daemon.command)
        while (ended := daemons.ended()) == KUBELET.program:
            daemons.start(KUBELET.program, KUBELET.command)
    print(f"{ended} ended", flush=True)


def wait_for_api_server(daemons: Daemons) -> str | None:
    """Return when the API server is ready, or when a daemon ended, with its name.

    After two minutes it returns too: the next daemons will say what is wrong.
    """
    trust = ssl.create_default_context(cafile=STATE / "pki" / "ca.crt")
    deadline = time.monotonic() + START_S
    while (ended := daemons.ended(os.WNOHANG)) is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"https://127.0.0.1:{API_PORT}/readyz", context=trust, timeout=5):
                return None
        except (URLError, OSError):
            time.sleep(0.1)
    return ended


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
