"""The manifests for those who deploy without helm, as a real API server and KServe's webhooks see them."""

from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from tests.cluster.conftest import RESTRICTED
from tests.cluster.kit.cluster import Cluster

MANIFESTS = Path(__file__).parents[2] / "k8s"


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> str:
    name = f"manifests-{uuid4().hex[:8]}"
    metadata = {"name": name, "labels": RESTRICTED}
    cluster.kubectl.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}])
    return name


@pytest.mark.parametrize("profile", ["cpu", "gpu", "mig", "production"])
def test_every_profile_would_be_taken(cluster: Cluster, namespace: str, profile: str, tmp_path: Path) -> None:
    # In a namespace of this test's own: a dry run makes none, and objects of one that isn't there are refused.
    overlay = {"resources": ["trireme.yaml"], "namespace": namespace}
    (tmp_path / "trireme.yaml").write_text((MANIFESTS / profile / "trireme.yaml").read_text())
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    shown = cluster.kubectl.run("apply", "-k", str(tmp_path), "--server-side", "--dry-run=server", "--validate=strict")
    objects = [one for one in yaml.safe_load_all((tmp_path / "trireme.yaml").read_text()) if one]
    assert shown.count("serverside-applied") == len(objects)
