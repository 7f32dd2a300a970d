"""Callers inside the cluster, who reach the gateways as everybody there does: through their Service."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.kit.kubectl import Kubectl, Object, wait_until
from tests.cluster.manifests import CONTAINER_SECURITY, POD_SECURITY
from tests.cluster.serving.images import GATEWAY

PROGRAM = Path(__file__).with_name("steady.py")


@dataclass(frozen=True)
class Callers:
    """A pod of callers who never stop."""

    kubectl: Kubectl
    namespace: str
    name: str = "callers"

    def start(self, url: str, key: str, picture: bytes, *, callers: int = 4) -> None:
        """Begin, and return when the first answers came."""
        given = {"URL": url, "KEY": key, "CALLERS": str(callers), "PICTURE": base64.b64encode(picture).decode()}
        self.kubectl.apply([_pod(self.name, given)], namespace=self.namespace)
        self.kubectl.wait("condition=Ready", f"pod/{self.name}", namespace=self.namespace)
        self.more()

    def end(self) -> None:
        """Stop calling."""
        self.kubectl.delete(f"pod/{self.name}", namespace=self.namespace)

    def lines(self) -> list[dict[str, Any]]:
        """What they have said by now."""
        said = self.kubectl.run("logs", self.name, "-n", self.namespace)
        return [json.loads(line) for line in said.splitlines()]

    def more(self, *, timeout_s: float = 120) -> None:
        """Wait until good answers come, three seconds in a row from now on."""
        before = self.now()
        wait_until("Good answers", lambda: self._are_good(before), timeout_s=timeout_s, every_s=0.5)

    def _are_good(self, since: float) -> bool:
        last = [line for line in self.lines() if line["time"] > since][-3:]
        return len(last) == 3 and all(line["good"] and not line["bad"] for line in last)

    def now(self) -> float:
        """The time of their last line, by their own clock; 0 before the first."""
        return float(next((line["time"] for line in reversed(self.lines())), 0.0))

    def bad(self, since: float = 0.0) -> list[dict[str, Any]]:
        """What came instead of good answers, for requests that ended after a time."""
        return [one for line in self.lines() for one in line["bad"] if one["ended"] > since]


def refusals_s(bad: list[dict[str, Any]]) -> float:
    """How long 503s with Retry-After went on, in seconds; fails where something else is among them."""
    strange = [one for one in bad if one["status"] != 503 or not one.get("retry_after")]
    assert not strange, strange[:5]
    return max(one["ended"] for one in bad) - min(one["began"] for one in bad) if bad else 0.0


def _pod(name: str, environment: dict[str, str]) -> Object:
    container = {
        "name": "callers",
        "image": GATEWAY.name,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-c", PROGRAM.read_text()],
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "securityContext": CONTAINER_SECURITY,
        "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
    }
    spec = {"securityContext": POD_SECURITY, "containers": [container], "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
