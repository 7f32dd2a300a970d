"""Makes a cluster serve what the traffic wants: the `World` of gateways whose models have two slots."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from contract.names import ModelVersion
from contract.served import Served, ServedModel
from gateway.holdings import Holdings
from gateway.kubernetes.errors import ApiAway, ApiRefused
from gateway.rollout.slots.api import SlotApi
from gateway.rollout.slots.plan import Observed, Plan, Slot, plan
from gateway.rollout.slots.template import Raw, Template, TemplateUnfit, is_ready, read_templates, slot_name
from gateway.rollout.slots.width import widened

log = logging.getLogger(__name__)

LINGER_S = 10.0
"""Seconds for which a version that isn't wanted any more stays: other gateways follow, and requests end."""


@dataclass
class _Looked:
    """What was seen of one model's slots at the last look."""

    slots: Mapping[Slot, Observed] = field(default_factory=dict)
    ready: frozenset[Slot] = frozenset()
    wanted_at: dict[int, float] = field(default_factory=dict)
    """When each version was last wanted."""
    stable: int | None = None
    width: int | None = None
    """How many replicas the slot beside the stable one has to have; None where that isn't known yet."""


class Slots:
    """Applies the chart's template to two InferenceServices a model, and stops the one that is not needed.

    The cluster is asked and changed by the gateway alone that keeps the rollouts.
    """

    keep = 0
    places: int | None = len(Slot)

    def __init__(self, api: SlotApi, holdings: Holdings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._holdings = holdings
        self._clock = clock
        self._looked: dict[str, _Looked] = {}
        self._applied: dict[str, Raw] = {}
        self._said = ""

    def apply(self, wanted: Served) -> None:
        """Have these versions served, each in a slot; what Kubernetes refuses is logged, and tried again."""
        try:
            templates = read_templates(self._api.templates())
            for name, template in templates.items():
                if name in wanted.models:
                    self._match(template, wanted.models[name])
        except (ApiAway, ApiRefused, TemplateUnfit) as error:
            self._complain(f"{type(error).__name__}: {error}")
        else:
            self._said = ""

    def is_ready(self, name: ModelVersion) -> bool:
        """Whether a slot serves a version, is ready, and every replica that this gateway knows has what it should."""
        looked = self._looked.get(name.model, _Looked())
        running = {one.version for one in looked.slots.values() if one.is_running and one.version is not None}
        is_there = any(looked.slots[slot].serves(name.version) for slot in looked.ready)
        return is_there and self._is_wide(name, looked) and self._holdings.has_everywhere(name, running)

    def close(self) -> None:
        """End the connections."""
        self._api.close()

    def _match(self, template: Template, wanted: ServedModel) -> None:
        found = {slot: self._api.find(slot_name(template.model, slot)) for slot in Slot}
        looked = self._looked.setdefault(template.model, _Looked())
        looked.slots = {slot: template.observed(service) for slot, service in found.items()}
        looked.ready = frozenset(slot for slot, service in found.items() if is_ready(service))
        looked.stable, looked.width = wanted.stable, None
        others = [version for version in wanted.versions if version != wanted.stable]
        planned = plan(wanted.stable, max(others, default=None), looked.slots, self._recent(looked, wanted))
        # The stable version's first: where both are new, callers wait for that one.
        for slot in sorted(Slot, key=lambda slot: planned[slot] != wanted.stable):
            self._serve(template, slot, planned[slot], looked.slots[slot])
        looked.width = self._width(template, planned, wanted)

    def _width(self, template: Template, planned: Plan, wanted: ServedModel) -> int:
        home = next(slot for slot in Slot if planned[slot] == wanted.stable)
        beside = planned[home.other]
        return widened(self._api, template, home) if beside in wanted.versions else 1

    def _is_wide(self, name: ModelVersion, looked: _Looked) -> bool:
        """Whether a version's slot is as wide as the stable one, of whose replicas those count that are there."""
        if looked.stable is None or name.version == looked.stable:
            return True
        if looked.width is None:
            return False
        there = self._holdings.count(ModelVersion(name.model, looked.stable))
        return self._holdings.count(name) >= min(looked.width, there)

    def _recent(self, looked: _Looked, wanted: ServedModel) -> set[int]:
        now = self._clock()
        looked.wanted_at |= dict.fromkeys(wanted.versions, now)
        return {version for version, at in looked.wanted_at.items() if now - at < LINGER_S}

    def _serve(self, template: Template, slot: Slot, version: int | None, observed: Observed) -> None:
        kept = version or observed.version
        if kept is None:
            return
        service = template.filled(slot, kept, is_running=version is not None)
        name, is_so = service["metadata"]["name"], observed == Observed(kept, is_running=version is not None)
        # Once by each keeper too: the template may be another one than the last keeper's.
        if is_so and self._applied.get(name) == service:
            return
        self._api.apply(service)
        self._applied[name] = service
        if not is_so:
            log.info("%s: %s", name, "stopped" if version is None else f"serves version {version}")

    def _complain(self, why: str) -> None:
        # Kubernetes' own words are for the operator; once is enough.
        if why != self._said:
            log.warning("the slots can't be made as they should be (%s); it is tried again", why)
        self._said = why
