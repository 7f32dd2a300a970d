"""HAProxy before replicas on this machine: each request goes to the next one."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from loadtest.errors import ServerMissing
from loadtest.servers import free_port, stop, tied, wait_ready

PROGRAM = "haproxy"
FOLDERS = ("/usr/sbin", "/usr/local/sbin")
"""Where Debian puts it, which isn't on every user's path."""
START_S = 20.0
CONFIGURATION = """\
global
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 120s
frontend users
  bind 127.0.0.1:{port}
  default_backend replicas
backend replicas
  balance roundrobin
{servers}
"""


def find() -> str | None:
    """The program, where it is installed."""
    return shutil.which(PROGRAM) or next((path for one in FOLDERS if (path := shutil.which(f"{one}/{PROGRAM}"))), None)


@contextmanager
def proxied(ports: Sequence[int], folder: Path) -> Iterator[str]:
    """Its address, before replicas on these ports; its files go to `folder`. Raises `ServerMissing`."""
    program = find()
    if program is None:
        raise ServerMissing("HAProxy isn't installed; on Debian: apt-get install haproxy")
    port = free_port()
    file = folder / "haproxy.cfg"
    servers = "\n".join(f"  server replica{number} 127.0.0.1:{one}" for number, one in enumerate(ports, 1))
    file.write_text(CONFIGURATION.format(port=port, servers=servers))
    url = f"http://127.0.0.1:{port}"
    with (folder / "haproxy.log").open("w") as log:
        process = subprocess.Popen(tied([program, "-db", "-q", "-f", str(file)]), stdout=log, stderr=log)
        try:
            wait_ready(process, PROGRAM, url, START_S)
            yield url
        finally:
            stop(process)
