"""Building the world of slots."""

from gateway.holdings import Holdings
from gateway.kubernetes.place import PlaceSettings
from gateway.rollout.settings import RolloutSettings
from gateway.rollout.slots.api import SlotApi
from gateway.rollout.slots.world import Slots


def slots_of(settings: RolloutSettings, holdings: Holdings) -> Slots | None:
    """The slots that the settings name, or None; it connects when it is used. Raises `SettingsInvalid`."""
    if settings.rollout_slots is None or settings.rollout == "off":
        return None
    said = PlaceSettings(
        "GATEWAY_ROLLOUT_SLOTS",
        "GATEWAY_ROLLOUT",
        namespace=settings.rollout_namespace,
        kubeconfig=settings.rollout_kubeconfig,
    )
    return Slots(SlotApi(said.place(), settings.rollout_slots), holdings)
