"""Gateways of one release on a small Kubernetes, whose slots are real servers."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.app import create_app
from gateway.connecting import open_triton
from gateway.holdings import Holdings
from tests.integration.rollout.test_laptop import publish
from tests.support.kubernetes_api import NAMESPACE, Cluster, kubeconfig, serve_kubernetes
from tests.support.slots import CONFIG_MAP, KServe, config_map, serve_slots
from tests.unit.gateway.rig import listening, settings


@dataclass
class Site:
    """A namespace with a model's slots, and a database."""

    folder: Path
    cluster: Cluster
    kserve: KServe

    @property
    def repository(self) -> Path:
        """Where versions are published."""
        return self.folder / "repository"

    def publish(self, version: int, *, shift: int = 0) -> None:
        """Publish a version of `tiny`; with a `shift`, its golden examples are answered wrongly."""
        publish(self.repository, version, shift=shift)

    def slots(self) -> dict[str, tuple[str, bool]]:
        """The folder of each InferenceService, and whether it runs."""
        return {name: _told(service) for name, service in dict(self.cluster.services).items()}

    @contextlib.contextmanager
    def gateway(self, policy: str = "{start: wait}", **changes: Any) -> Iterator[str]:
        """A gateway of the release; gives its URL."""
        policies = self.folder / "policies.yaml"
        policies.write_text(f"models: {{tiny: {policy}}}")
        given = settings(
            self.repository,
            **{
                "rollout": "on",
                "database": SecretStr(f"sqlite:///{self.folder}/trireme.db"),
                "rollout_slots": CONFIG_MAP,
                "rollout_namespace": NAMESPACE,
                "rollout_kubeconfig": kubeconfig(self.folder, self.cluster.url),
                "rollout_policies": policies,
                "rollout_interval_s": 0.2,
                "refresh_interval_s": 0.2,
                "discovery_interval_s": 0.2,
                "triton_discovery": "dns",
                "triton_addresses": ("tiny-a-replicas:8001", "tiny-b-replicas:8001"),
                "rate_limits": (),
                **changes,
            },
        )
        holdings = Holdings(given.repository, interval_s=given.discovery_interval_s)
        connect = partial(open_triton, holdings=holdings, resolve=self.kserve.resolve)
        app = create_app(given, open_model_server=connect, holdings=holdings)
        with listening(app, given) as port:
            yield f"http://127.0.0.1:{port}"


def _told(service: dict[str, Any]) -> tuple[str, bool]:
    folder = service["spec"]["predictor"]["model"]["storageUri"].rstrip("/").rpartition("/")[2]
    return folder, service["metadata"]["annotations"].get("serving.kserve.io/stop") != "true"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "repository").mkdir()
    cluster = Cluster(config_maps={CONFIG_MAP: config_map("tiny")})
    with serve_kubernetes(cluster), serve_slots(cluster, tmp_path / "repository") as kserve:
        found = Site(tmp_path, cluster, kserve)
        found.publish(1)
        yield found
