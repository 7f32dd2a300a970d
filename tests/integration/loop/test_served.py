"""The whole loop as users see it: `trireme serve`, uploads, a retrain, its version served, tracked and evaluated."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mlflow.tracking import MlflowClient

from tests.integration.loop.test_cats_dogs import IN_BASE, PETS, UPLOADED, pictures
from tests.support.cifar10 import sample
from tests.support.laptop import Laptop, running
from tests.support.versions import make_version
from training.data.export import export_folders

MODEL = "/v1/models/cats-dogs"
LIMIT_S = 600
OVER = {"succeeded", "rejected", "failed", "cancelled"}

# MLflow's own.
pytestmark = [pytest.mark.timeout(1800), pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    folder = tmp_path_factory.mktemp("served")
    export_folders(sample(), folder / "pets", PETS, IN_BASE)
    make_version(folder / "model_repository", "cats-dogs", labels=PETS)
    policies = folder / "policies.yaml"
    policies.write_text(f"models: {{cats-dogs: {{base: {folder / 'pets'}, max_loss_points: 100}}}}\n")
    settings = {"GATEWAY_RETRAIN_POLICIES": str(policies), "TRAINING_PRECISION": "float32"}
    tracking = {"TRAINING_TRACKING": "mlflow", "TRAINING_TRACKING_TIMEOUT_S": str(LIMIT_S)}
    with running(folder, **settings, **tracking) as laptop:
        yield laptop


@pytest.fixture(scope="module")
def http(laptop: Laptop) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=laptop.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def retrain(http: httpx.Client) -> dict[str, Any]:
    """A retrain with pictures that were uploaded, when it is over."""
    fresh = pictures(sample().train, slice(IN_BASE, IN_BASE + UPLOADED))
    for label in PETS:
        parts = [("picture", (f"{place}.png", body)) for place, (body, of) in enumerate(fresh) if of == label]
        answer = http.post(f"{MODEL}/data", params={"label": label}, files=parts)
        assert answer.status_code == 201, answer.text
    asked = http.post(f"{MODEL}/retrain", json={"note": "more of them"}, headers={"Idempotency-Key": "first"})
    again = http.post(f"{MODEL}/retrain", json={"note": "more of them"}, headers={"Idempotency-Key": "first"})
    assert (asked.status_code, again.json()["id"]) == (202, asked.json()["id"])
    return over(http, asked.headers["location"])


def over(http: httpx.Client, job: str) -> dict[str, Any]:
    """A job when it is over."""
    deadline = time.monotonic() + LIMIT_S
    while (found := http.get(job).json())["state"] not in OVER:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return dict(found)


def test_uploaded_pictures_make_a_version_that_is_published_and_served(
    http: httpx.Client, retrain: dict[str, Any]
) -> None:
    assert retrain["state"] == "succeeded", retrain
    assert (retrain["result"]["champion"], retrain["result"]["published"]) == (1, 2)
    assert retrain["result"]["examples_added"] == 2 * UPLOADED
    deadline = time.monotonic() + LIMIT_S
    while http.get(MODEL).json()["stable"] != 2:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    body = pictures(sample().test, slice(0, 1))[0][0]
    answer = http.post(f"{MODEL}/predict", content=body, headers={"Content-Type": "image/png"})
    assert (answer.status_code, answer.json()["version"]) == (200, 2)


def test_its_events_tell_the_story_to_the_end(http: httpx.Client, retrain: dict[str, Any]) -> None:
    stream = http.get(f"{MODEL}/retrain/{retrain['id']}/events").text
    assert '"training"' in stream
    assert stream.count("Exporting and evaluating.") == 1
    assert stream.rindex("succeeded") > stream.index('"training"')


def test_it_is_tracked_with_champion_and_challenger(laptop: Laptop, retrain: dict[str, Any]) -> None:
    assert retrain["state"] == "succeeded"
    client = MlflowClient(f"sqlite:///{laptop.folder / '.trireme/mlflow/mlflow.db'}")
    found = {name: client.get_model_version_by_alias("cats-dogs", name) for name in ("champion", "challenger")}
    assert {name: one.tags["trireme.version"] for name, one in found.items()} == {"champion": "1", "challenger": "2"}


def test_it_is_evaluated_over_the_served_path(http: httpx.Client, retrain: dict[str, Any]) -> None:
    assert retrain["state"] == "succeeded"
    none = http.get(f"{MODEL}/evaluation", params={"version": 2})
    assert (none.status_code, none.json()["code"]) == (404, "evaluation-unknown")
    done = over(http, http.post(f"{MODEL}/evaluate", json={"version": 2}).headers["location"])
    assert done["state"] == "succeeded", done
    found = http.get(f"{MODEL}/evaluation", params={"version": 2}).json()
    assert found["evaluation"]["binary"]["positive"] == "dog"
    assert [curve["label"] for curve in found["curves"]] == list(PETS)
    assert found["evaluation"]["accuracy"] == pytest.approx(retrain["result"]["accuracy"])
