"""From the chart's template to the InferenceService of a slot, and back from there to what it serves.

The template is an InferenceService without a name, whose `storageUri` has `{version}` where the version's folder comes.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.errors import NameInvalid
from contract.names import ModelVersion, check_model_name, parse_triton_name
from gateway.rollout.slots.plan import Observed, Slot

STOP = "serving.kserve.io/stop"
"""KServe's annotation (0.20 and newer): it removes what runs, and keeps the InferenceService."""
VERSION = "{version}"
MAX_REPLICAS = "max-replicas"

Raw = dict[str, Any]


class TemplateUnfit(Exception):
    """The ConfigMap holds no template that can be used; for the operator's log alone."""


@dataclass(frozen=True)
class Template:
    """The template of one model's slots."""

    model: str
    document: Raw
    storage_uri: str
    owner: Raw
    """The reference to the ConfigMap: what was made goes with it."""
    max_replicas: int | None = None
    """How wide the gateway may make a slot; None: KServe holds the number of replicas."""

    def filled(self, slot: Slot, version: int, *, is_running: bool) -> Raw:
        """The InferenceService of a slot that serves a version, or that is stopped."""
        made = copy.deepcopy(self.document)
        metadata = made.setdefault("metadata", {})
        metadata |= {"name": slot_name(self.model, slot), "ownerReferences": [self.owner]}
        if not is_running:
            metadata["annotations"] = dict(metadata.get("annotations") or {}) | {STOP: "true"}
        folder = ModelVersion(self.model, version).triton_name
        made["spec"]["predictor"]["model"]["storageUri"] = self.storage_uri.replace(VERSION, folder)
        return made

    def observed(self, service: Raw | None) -> Observed:
        """What an InferenceService of the cluster is told to serve."""
        if service is None:
            return Observed()
        annotations = service.get("metadata", {}).get("annotations") or {}
        return Observed(self._version(service), annotations.get(STOP) != "true")

    def _version(self, service: Raw) -> int | None:
        try:
            uri = str(service["spec"]["predictor"]["model"]["storageUri"])
        except (KeyError, TypeError):
            return None
        before, _, after = self.storage_uri.partition(VERSION)
        if not uri.startswith(before):
            return None
        name = parse_triton_name(uri.removeprefix(before).removesuffix(after).rstrip("/"))
        return name.version if name is not None and name.model == self.model else None


def slot_name(model: str, slot: Slot) -> str:
    """The InferenceService's name."""
    return f"{model}-{slot.value}"


def deployment_name(model: str, slot: Slot) -> str:
    """What KServe calls the Deployment that it makes for a slot."""
    return f"{slot_name(model, slot)}-predictor"


def is_ready(service: Raw | None) -> bool:
    """Whether KServe says that an InferenceService is ready."""
    conditions = ((service or {}).get("status") or {}).get("conditions") or []
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def read_templates(config_map: Raw) -> Mapping[str, Template]:
    """The templates in a ConfigMap, `<model>.json` each; raises `TemplateUnfit`."""
    try:
        owner = {"apiVersion": "v1", "kind": "ConfigMap"} | {
            name: config_map["metadata"][name] for name in ("name", "uid")
        }
        data: Mapping[str, str] = config_map.get("data") or {}
        names = [key.removesuffix(".json") for key in data if key.endswith(".json")]
        return {
            name: _template(name, json.loads(data[f"{name}.json"]), owner, data.get(f"{name}.{MAX_REPLICAS}"))
            for name in names
        }
    except (KeyError, TypeError, ValueError, AttributeError, NameInvalid):
        raise TemplateUnfit("The ConfigMap of the slots holds what is no template.") from None


def _template(model: str, document: Raw, owner: Raw, most: str | None) -> Template:
    uri = str(document["spec"]["predictor"]["model"]["storageUri"])
    if uri.count(VERSION) != 1:
        raise ValueError("the place of the version is missing")
    return Template(check_model_name(model), document, uri, owner, None if most is None else int(most))
