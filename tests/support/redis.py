"""A real Redis (or Valkey) on the loopback interface: the one on PATH, or Debian's, unpacked without installing it."""

import ctypes.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis

from tests.support.debian import unpacked
from tests.support.ports import free_ports

START_TIMEOUT_S = 30
PROGRAMS = ("redis-server", "valkey-server")
PACKAGES = {"redis-tools": None, "libjemalloc2": "jemalloc", "liblzf1": "lzf"}
"""Debian's packages, and the library for which each is needed; the server is a program of `redis-tools`."""
SERVER = "usr/bin/redis-check-rdb"
"""It is the server if called by that name."""


@dataclass
class Redis:
    """A server, which a test may stop and start again."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def run_redis() -> Iterator[Redis]:
    """Run until the block ends."""
    program, environment = _program()
    port = free_ports(1)[0]
    with tempfile.TemporaryDirectory(prefix="trireme-redis-") as folder:
        options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder, "--loglevel", "warning"]
        # By its name alone: it is another program under another one.
        command = ["redis-server", *options]
        with subprocess.Popen(command, executable=program, env=environment, stdout=subprocess.DEVNULL) as process:
            try:
                _wait(port)
                yield Redis(f"redis://127.0.0.1:{port}", process)
            finally:
                process.kill()


def _program() -> tuple[str, dict[str, str]]:
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found, dict(os.environ)
    needed = [package for package, library in PACKAGES.items() if not (library and ctypes.util.find_library(library))]
    folder = unpacked("redis", needed)
    libraries = os.pathsep.join(map(str, sorted((folder / "usr/lib").glob("*-linux-*"))))
    return str(folder / SERVER), {**os.environ, "LD_LIBRARY_PATH": libraries}


def _wait(port: int) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            with redis.Redis(port=port, socket_timeout=2) as client:
                client.ping()
                return
        except redis.RedisError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
