"""`GET /v1/models/{model}/autoscaling` and `trireme autoscale explain`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from gateway.app import create_app
from tests.support.kubernetes_api import NAMESPACE, Cluster, Fault, kubeconfig, serve_kubernetes
from tests.support.versions import make_version
from tests.unit.gateway.rig import RedServer, check_problem, eventually, listening, opened, settings
from trireme.autoscale.cli import autoscale
from trireme.errors import Refused

CASE = Path(__file__).with_name("cases") / "held-at-max-replicas.json"
PATH = "/v1/models/cifar10/autoscaling"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    make_version(tmp_path / "repository", "cifar10")
    return tmp_path / "repository"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    case: dict[str, Any] = json.loads(CASE.read_text())
    with serve_kubernetes(Cluster(autoscalers={"cifar10-a": case["looks"][0]["hpa"]})) as served:
        yield served


def of_cluster(cluster: Cluster, folder: Path) -> dict[str, Any]:
    return {
        "autoscaling": "kubernetes", "autoscaling_namespace": NAMESPACE, "autoscaling_interval_s": 0.1,
        "autoscaling_kubeconfig": kubeconfig(folder, cluster.url),
    }  # fmt: skip


@contextmanager
def serving(repository: Path, **changes: Any) -> Iterator[str]:
    given = settings(repository, **changes)
    with listening(create_app(given, open_model_server=opened(RedServer())), given) as port:
        yield f"http://127.0.0.1:{port}"


def told(url: str, *arguments: str) -> str:
    done = CliRunner().invoke(autoscale, ["explain", "cifar10", "--url", url, *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return " ".join(done.stdout.split())


def looked(url: str) -> dict[str, Any]:
    """The answer, once the gateway has looked."""
    eventually(lambda: httpx.get(url + PATH).status_code == 200)
    return dict(httpx.get(url + PATH).json())


def test_the_gateway_says_why_there_are_as_many_replicas(repository: Path, cluster: Cluster, tmp_path: Path) -> None:
    with serving(repository, **of_cluster(cluster, tmp_path)) as url:
        found = looked(url)
        assert (found["note"], found["model"]) == (None, "cifar10")
        (one,) = found["autoscalers"]
        assert (one["now"]["limit"], one["now"]["wanted"], one["desired"]) == ("bound", 15, 6)
        shown = told(url, "--since", "2h")
        assert "cifar10-a scales cifar10-a-predictor, 1 to 6 replicas" in shown
        assert "trireme_items_in_flight asked for the most, 15," in shown
        assert "Nothing was decided in this time." in shown
        assert json.loads(told(url, "--json"))["autoscalers"][0]["name"] == "cifar10-a"


def test_on_a_laptop_it_says_that_there_is_no_autoscaler(repository: Path) -> None:
    with serving(repository) as url:
        found = httpx.get(url + PATH).json()
        assert (found["autoscalers"], found["recorded_since"]) == ([], None)
        assert "knows of no autoscaler" in found["note"]
        assert "knows of no autoscaler" in told(url)
        check_problem(httpx.get(f"{url}/v1/models/none/autoscaling"), 404, "model-unknown")
        check_problem(httpx.get(url + PATH, params={"window_s": 1}), 422, "request-invalid")


def test_without_kubernetes_the_rest_goes_on(repository: Path, cluster: Cluster, tmp_path: Path) -> None:
    cluster.faults.append(Fault("GET", "/", 403))
    with serving(repository, **of_cluster(cluster, tmp_path)) as url:
        check_problem(httpx.get(url + PATH), 503, "autoscaler-unseen")
        assert httpx.get(f"{url}/health/ready").status_code == 200
        with pytest.raises(Refused):
            told(url)


@pytest.mark.parametrize("since", ["1", "h", "0s", "-1h", "1w"])
def test_a_time_that_is_none_is_said(since: str) -> None:
    done = CliRunner().invoke(autoscale, ["explain", "cifar10", "--since", since])
    assert done.exit_code == 2
