"""From a template to an InferenceService, and back."""

import json
from typing import Any

import pytest

from gateway.rollout.slots.plan import Observed, Slot
from gateway.rollout.slots.template import STOP, Template, TemplateUnfit, is_ready, read_templates
from tests.support.slots import config_map


def template(uri: str = "s3://models/{version}/") -> Template:
    return read_templates(config_map("tiny", uri))["tiny"]


@pytest.mark.parametrize("uri", ["s3://models/a/{version}/", "pvc://models/{version}"])
@pytest.mark.parametrize("is_running", [True, False])
def test_what_is_made_is_seen_again(uri: str, is_running: bool) -> None:
    found = template(uri)
    made = found.filled(Slot.B, 12, is_running=is_running)
    assert made["metadata"]["name"] == "tiny-b"
    assert made["spec"]["predictor"]["model"]["storageUri"] == uri.replace("{version}", "tiny-v12")
    assert found.observed(made) == Observed(12, is_running)


def test_what_was_made_goes_with_its_config_map_and_keeps_the_template_s_own_annotations() -> None:
    made = template().filled(Slot.A, 1, is_running=False)
    (owner,) = made["metadata"]["ownerReferences"]
    assert owner == {"apiVersion": "v1", "kind": "ConfigMap", "name": "slots", "uid": "uid-of-slots"}
    assert made["metadata"]["annotations"] == {"serving.kserve.io/autoscalerClass": "external", STOP: "true"}
    assert STOP not in template().filled(Slot.A, 1, is_running=True)["metadata"]["annotations"]


@pytest.mark.parametrize(
    "uri", ["s3://elsewhere/tiny-v1/", "s3://models/other-v1/", "s3://models/tiny-v1/deeper/", "s3://models/tiny/", ""]
)
def test_what_serves_something_else_is_no_version(uri: str) -> None:
    made = template().filled(Slot.A, 1, is_running=True)
    made["spec"]["predictor"]["model"]["storageUri"] = uri
    assert template().observed(made).version is None
    assert template().observed({}) == Observed(None, is_running=True)
    assert template().observed(None) == Observed()


def test_ready_is_what_kserve_says() -> None:
    assert is_ready({"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    for status in ({}, None, {"conditions": [{"type": "Ready", "status": "False"}]}, {"conditions": None}):
        assert not is_ready({"status": status})
    assert not is_ready(None)


@pytest.mark.parametrize(
    "data",
    [
        {"tiny.json": "no JSON"},
        {"tiny.json": "[]"},
        {"tiny.json": "{}"},
        {"tiny.json": json.dumps({"spec": {"predictor": {"model": {"storageUri": "s3://models/"}}}})},
        {"Tiny.json": json.dumps({"spec": {"predictor": {"model": {"storageUri": "s3://models/{version}"}}}})},
    ],
)
def test_a_config_map_without_a_usable_template_is_told(data: dict[str, Any]) -> None:
    with pytest.raises(TemplateUnfit):
        read_templates(config_map("tiny") | {"data": data})
    with pytest.raises(TemplateUnfit):
        read_templates({"data": {}})


def test_what_is_no_template_s_name_is_left_alone() -> None:
    assert read_templates(config_map("tiny") | {"data": {"README": "hello"}}) == {}
