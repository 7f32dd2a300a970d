"""The part of the client that is about rollouts."""

from typing import Any
from urllib.parse import quote

from trireme.client import Client
from trireme.errors import Refused

Versions = dict[str, Any]


class ReleaseClient:
    """Rollouts of one gateway's models; answers are the API's JSON as dictionaries. Raises as `Client` does."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def versions(self, model: str) -> Versions:
        """A model's versions and their parts of the traffic."""
        return self._client.ask("GET", f"{_path(model)}/versions")

    def running_canary(self, model: str) -> dict[str, Any] | None:
        """The running canary beside the stable version, with what the judge says now; None where it has just ended."""
        try:
            return self._client.ask("GET", f"{_path(model)}/canary")
        except Refused as refusal:
            if refusal.problem_code != "canary-missing":
                raise
            return None

    def canary(self, model: str, version: int, weight: int, note: str = "") -> Versions:
        """Give a version `weight` percent of the traffic."""
        path = f"{_path(model)}/versions/{version}/canary"
        return self._client.ask("POST", path, json={"weight": weight, "note": note})

    def promote(self, model: str, version: int, note: str = "") -> Versions:
        """Make a version stable."""
        return self._client.ask("POST", f"{_path(model)}/versions/{version}/promote", json={"note": note})

    def rollback(self, model: str, note: str = "") -> Versions:
        """End the canary, or go to the stable version before."""
        return self._client.ask("POST", f"{_path(model)}/rollback", json={"note": note})


def _path(model: str) -> str:
    return f"/v1/models/{quote(model, safe='')}"
