"""The few requests about autoscalers: all of a namespace, and their events."""

from collections.abc import Sequence
from datetime import datetime

from gateway.autoscaling.decisions import Event
from gateway.kubernetes.place import Place
from gateway.kubernetes.requests import Raw, Requests

AUTOSCALERS = "/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers"
EVENTS = "/api/v1/namespaces/{namespace}/events"
REQUEST_S = 5.0
MAX_EVENTS = 500


class AutoscalerApi:
    """Blocking requests, safe for several threads; all raise `ApiAway` and `ApiRefused`."""

    def __init__(self, place: Place, *, timeout_s: float = REQUEST_S) -> None:
        self._requests = Requests(place, timeout_s)

    def autoscalers(self) -> Sequence[Raw]:
        """All HorizontalPodAutoscalers of the namespace."""
        return _items(self._requests.json("GET", AUTOSCALERS))

    def events(self, autoscaler: str) -> Sequence[Event]:
        """Kubernetes' events of one; it keeps them for an hour."""
        selector = f"involvedObject.kind=HorizontalPodAutoscaler,involvedObject.name={autoscaler}"
        query = {"fieldSelector": selector, "limit": str(MAX_EVENTS)}
        found = map(event_of, _items(self._requests.json("GET", EVENTS, query=query)))
        return sorted(found, key=lambda one: one.time)

    def close(self) -> None:
        """End the connections."""
        self._requests.close()


def event_of(raw: Raw) -> Event:
    """An event as the API gives it."""
    when = raw.get("lastTimestamp") or raw.get("eventTime") or raw["metadata"]["creationTimestamp"]
    return Event(
        time=datetime.fromisoformat(when).timestamp(),
        type=raw.get("type") or "Normal",
        reason=raw.get("reason") or "",
        message=raw.get("message") or "",
    )


def _items(answer: Raw) -> Sequence[Raw]:
    items = answer.get("items")
    return items if isinstance(items, list) else []
