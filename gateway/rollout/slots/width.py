"""How many replicas the slot beside the stable one has: as many as the stable one, before it gets requests."""

from gateway.rollout.slots.api import SlotApi
from gateway.rollout.slots.plan import Slot
from gateway.rollout.slots.template import Template, deployment_name


def widened(api: SlotApi, template: Template, stable: Slot) -> int:
    """Let the slot beside `stable` have no fewer replicas; gives how many it has to have.

    It is never made narrower: who scales it may have a reason. Raises `ApiAway` and `ApiRefused`.
    """
    if template.max_replicas is None:
        return 1
    wanted = min(api.replicas(deployment_name(template.model, stable)) or 1, template.max_replicas)
    beside = deployment_name(template.model, stable.other)
    has = api.replicas(beside)
    # None and zero: KServe hasn't made it, or stops it; the next look comes soon.
    if has and has < wanted:
        api.scale(beside, wanted)
    return wanted
