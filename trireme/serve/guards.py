"""What must hold before anything is started: one server a state folder, and free ports."""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from modelserver.errors import PortTaken
from trireme.errors import AlreadyServing, StartFailed


@contextlib.contextmanager
def state_errors(state_dir: Path) -> Iterator[None]:
    """Raise `StartFailed` where the state folder can't be written: a full disk, a missing permission."""
    try:
        yield
    except Timeout:
        raise
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO)
        raise StartFailed(f"The state folder {state_dir} can't be written: {reason}.") from error


@contextlib.contextmanager
def sole_server(state_dir: Path) -> Iterator[None]:
    """Hold the state folder's lock; raises `AlreadyServing` where another process holds it.

    The kernel gives the lock back when its holder dies, however it dies.
    """
    holder = state_dir / "serve.pid"
    lock = FileLock(state_dir / "serve.lock", timeout=0)
    try:
        with state_errors(state_dir):
            state_dir.mkdir(parents=True, exist_ok=True)
            lock.acquire()
    except Timeout as error:
        pid = holder.read_text().strip() if holder.is_file() else "unknown"
        raise AlreadyServing(
            f"Another `trireme serve` runs here (process {pid}); stop it first with Ctrl-C."
        ) from error
    try:
        with state_errors(state_dir):
            holder.write_text(f"{os.getpid()}\n")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def check_port(host: str, port: int, setting: str) -> None:
    """Raise `PortTaken` unless a server could listen on the port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise PortTaken(f"Port {port} is taken; free it or choose another with {setting}=<port>.") from error
