"""Two gateways, each a process of its own, on one PostgreSQL and one real Triton that has every version loaded."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import httpx
import psycopg

from contract.names import ModelVersion
from contract.served import Served, ServedModel
from modelserver.temporary import TemporaryServer
from tests.integration.rollout.test_laptop import publish
from tests.integration.trireme.test_serve import until
from tests.support.ports import free_ports
from tests.support.postgres import Postgres

GATED = ("first", "second")
"""Models whose second versions are promoted by themselves once they are served, through a gate."""
VERSIONS = tuple(ModelVersion(model, version) for model in ("tiny", *GATED) for version in (1, 2))
POLICIES = "models: {tiny: {start: wait}}"
SETTINGS = {
    "GATEWAY_AUTH": "off",
    "GATEWAY_LOG": "off",
    "GATEWAY_JOBS": "off",
    "GATEWAY_DATABASE_TIMEOUT_S": "6",
    "GATEWAY_REFRESH_INTERVAL_S": "0.2",
    "GATEWAY_ROLLOUT_LEASE_S": "4",
}
GATE = """
CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock(9); RETURN NEW; END $$;
CREATE TRIGGER gate BEFORE INSERT ON model_events FOR EACH ROW
    WHEN (NEW.model <> 'tiny' AND NEW.action = 'promote') EXECUTE FUNCTION gate();
"""
"""A promotion that waits in its middle, for as long as a test holds this lock."""


@dataclass
class Gateway:
    """One of them; it can be killed, stopped and started again."""

    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]" = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['GATEWAY_PORT']}"

    def start(self) -> None:
        with self.log.open("a") as log:
            command = [sys.executable, "-m", "gateway"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def wait_ready(self) -> None:
        until(lambda: self.get("/health/ready") is not None)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def get(self, path: str) -> httpx.Response | None:
        """An answer of success; None where there is none."""
        with contextlib.suppress(httpx.TransportError):
            answer = httpx.get(self.url + path, timeout=30)
            return answer if answer.is_success else None
        return None

    def post(self, path: str, **body: Any) -> int:
        """Ask for a change; gives the status, 0 where nobody answers."""
        with contextlib.suppress(httpx.TransportError):
            return httpx.post(f"{self.url}/v1/models/{path}", json=body, timeout=30).status_code
        return 0

    @property
    def keeps(self) -> bool:
        """Whether it keeps the rollouts."""
        found = self.get("/metrics")
        return found is not None and "trireme_gateway_rollout_keeper 1.0" in found.text


@dataclass(frozen=True)
class Pair:
    """Both, and the database past them."""

    one: Gateway
    other: Gateway
    served: Path
    database: str

    def ask(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a query finds."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()

    def revision(self, model: str = "tiny") -> int:
        """Of a model's traffic; 0 where it has none."""
        found = self.ask("SELECT revision FROM traffic WHERE model = %s", model)
        return int(found[0][0]) if found else 0

    def events(self, model: str) -> list[str]:
        """What was done to version 2 of a model, the oldest first."""
        query = "SELECT action FROM model_events WHERE model = %s AND version = 2 ORDER BY number"
        return [action for (action,) in self.ask(query, model)]

    def shown(self, model: str, version: int, *, by: Gateway | None = None) -> dict[str, Any]:
        """What a gateway says of a version."""
        found = (by or self.one).get(f"/v1/models/{model}/versions")
        listed = [] if found is None else found.json()["versions"]
        return next((one for one in listed if one["version"] == version), {})

    @contextlib.contextmanager
    def promoting(self, model: str) -> Iterator[None]:
        """Version 2 is proven, which is written, and its promotion does not get on until the context's end."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(9)")
            self.serve(*GATED[: GATED.index(model) + 1])
            until(lambda: bool(self.ask("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")))
            assert self.events(model) == ["announce", "prove"]
            yield

    def serve(self, *whole: str) -> None:
        """Have both versions of `tiny` and of these models served, and the first ones of the others."""
        found = {name: (1, 2) if name in {"tiny", *whole} else (1,) for name in ("tiny", *GATED)}
        models = {name: ServedModel(stable=1, versions=versions) for name, versions in found.items()}
        Served(models=models).write(self.served)

    def keeper(self) -> Gateway:
        """The one that keeps the rollouts; waits until one does."""
        until(lambda: self.one.keeps or self.other.keeps)
        return self.one if self.one.keeps else self.other

    def but(self, one: Gateway) -> Gateway:
        return self.other if one is self.one else self.one


@contextlib.contextmanager
def running_pair(folder: Path, postgres: Postgres) -> Iterator[Pair]:
    """Both are ready, and version 2 of `tiny` is a proven candidate."""
    (folder / "repository").mkdir()
    for name in VERSIONS:
        publish(folder / "repository", name.version, model=name.model)
    with TemporaryServer(folder / "repository", VERSIONS) as triton:
        pair = _pair(folder, postgres, triton)
        pair.serve()
        gateways = (pair.one, pair.other)
        try:
            for gateway in gateways:
                gateway.start()
            for gateway in gateways:
                gateway.wait_ready()
            until(lambda: bool(pair.shown("tiny", 2).get("proven")) and all(map(pair.revision, GATED)))
            with psycopg.connect(postgres.url, autocommit=True) as connection:
                connection.execute(GATE)
            yield pair
        finally:
            for gateway in gateways:
                gateway.process.send_signal(signal.SIGCONT)
                gateway.kill()


def _pair(folder: Path, postgres: Postgres, triton: TemporaryServer) -> Pair:
    (folder / "policies.yaml").write_text(POLICIES)
    given = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")},
        **SETTINGS,
        "GATEWAY_REPOSITORY": str(folder / "repository"),
        "GATEWAY_SERVED": str(folder / "served.json"),
        "GATEWAY_DATABASE": postgres.url,
        "GATEWAY_ROLLOUT_POLICIES": str(folder / "policies.yaml"),
        "GATEWAY_TRITON_ADDRESSES": f'["{triton.grpc_address}"]',
    }
    one, other = (Gateway({**given, "GATEWAY_PORT": str(port)}, folder / f"{port}.log") for port in free_ports(2))
    return Pair(one, other, folder / "served.json", postgres.url)
