"""The few requests that slots need of the Kubernetes API."""

import json

from gateway.kubernetes.errors import ApiRefused
from gateway.kubernetes.place import Place
from gateway.kubernetes.requests import Raw, Requests

MANAGER = "trireme-gateway"
"""The field manager: what else is written into an InferenceService stays as it is."""
REQUEST_S = 5.0
NOT_FOUND = 404

CONFIG_MAPS = "/api/v1/namespaces/{namespace}/configmaps/{name}"
SCALES = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"
SERVICES = "/apis/serving.kserve.io/v1beta1/namespaces/{namespace}/inferenceservices/{name}"


class SlotApi:
    """Blocking requests about one namespace's InferenceServices; all raise `ApiAway` and `ApiRefused`."""

    def __init__(self, place: Place, config_map: str, *, timeout_s: float = REQUEST_S) -> None:
        self._requests = Requests(place, timeout_s)
        self._config_map = config_map

    def templates(self) -> Raw:
        """The ConfigMap."""
        return self._requests.json("GET", CONFIG_MAPS, name=self._config_map)

    def find(self, name: str) -> Raw | None:
        """An InferenceService; None where there is none."""
        return self._found(SERVICES, name)

    def replicas(self, deployment: str) -> int | None:
        """How many replicas a Deployment is to have; None where there is none."""
        scale = self._found(SCALES, deployment)
        return None if scale is None else int((scale.get("spec") or {}).get("replicas", 0))

    def scale(self, deployment: str, replicas: int) -> None:
        """Let a Deployment have so many replicas."""
        body = {"spec": {"replicas": replicas}}
        self._requests.json("PATCH", SCALES, name=deployment, body=body, content_type="application/merge-patch+json")

    def apply(self, service: Raw) -> None:
        """Make an InferenceService, or change what differs (server-side apply)."""
        self._requests.json(
            "PATCH",
            SERVICES,
            name=service["metadata"]["name"],
            query={"fieldManager": MANAGER, "force": "true"},
            body=json.dumps(service).encode(),
            content_type="application/apply-patch+yaml",
        )

    def close(self) -> None:
        """End the connections."""
        self._requests.close()

    def _found(self, path: str, name: str) -> Raw | None:
        try:
            return self._requests.json("GET", path, name=name)
        except ApiRefused as error:
            if error.status != NOT_FOUND:
                raise
            return None
