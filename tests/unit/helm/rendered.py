"""What the chart renders, as objects."""

from collections.abc import Iterator
from typing import Any

import yaml

from tests.cluster.serving.chart import CHART, helm

Object = dict[str, Any]
SECRET = "who-may-call"


def render(*options: str, **values: Any) -> list[Object]:
    """Every object of a release, with a Secret for accounts; `options` are more of `helm template`."""
    given = ("--namespace", "prod", "--set", f"gateway.auth.secret={SECRET}")
    text = helm("template", "sail", str(CHART), *given, *options, values=values)
    return [found for found in yaml.safe_load_all(text) if found]


def find(objects: list[Object], kind: str, part: str = "") -> Object:
    """The one object of a kind whose name holds `part`."""
    (found,) = [one for one in objects if one["kind"] == kind and part in one["metadata"]["name"]]
    return found


def workload(objects: list[Object]) -> Object:
    """What makes the gateway's pods."""
    (found,) = [one for one in objects if one["kind"] in {"Deployment", "StatefulSet"}]
    return found


def gateway_pod(objects: list[Object]) -> Object:
    """The spec of the gateway's pods."""
    found: Object = workload(objects)["spec"]["template"]["spec"]
    return found


def gateway_container(objects: list[Object]) -> Object:
    """The gateway's own container."""
    (found,) = gateway_pod(objects)["containers"]
    return dict(found)


def pod_specs(objects: list[Object]) -> Iterator[Object]:
    """The specs of the gateway's and of the model's pods."""
    yield gateway_pod(objects)
    predictor = find(objects, "InferenceService")["spec"]["predictor"]
    runtime = find(objects, "ServingRuntime")["spec"]
    yield {"securityContext": predictor["securityContext"], "volumes": runtime["volumes"]} | runtime


def containers(objects: list[Object]) -> Iterator[Object]:
    """Every container of these pods."""
    for spec in pod_specs(objects):
        yield from (*spec["containers"], *spec.get("initContainers", ()))


def environment(objects: list[Object]) -> dict[str, str]:
    """The gateway's settings that stand in the open."""
    return {entry["name"]: entry["value"] for entry in gateway_container(objects)["env"] if "value" in entry}


def from_secrets(objects: list[Object]) -> dict[str, Object]:
    """The gateway's settings that lie in Secrets, with where they lie."""
    entries = gateway_container(objects)["env"]
    return {entry["name"]: entry["valueFrom"]["secretKeyRef"] for entry in entries if "valueFrom" in entry}
