"""What a gateway says of its models."""

from collections.abc import Mapping
from typing import Any

import httpx

from loadtest.credentials import credentials
from loadtest.errors import GatewaySilent, ServerMissing

TIMEOUT_S = 10.0


def describe_model(url: str, model: str | None) -> dict[str, Any]:
    """What it says of a model, or of its first one; raises `GatewaySilent`, or `ServerMissing` where it has none."""
    if model is None:
        models = _asked(url, "/v1/models")["models"]
        if not models:
            raise ServerMissing("The gateway has no model.")
        model = models[0]["name"]
    return _asked(url, f"/v1/models/{model}")


def row_columns(model: Mapping[str, Any]) -> frozenset[str]:
    """What a model of tables takes of a row; a row by value must have nothing else, such as a training set's label."""
    described = model["input"]
    return frozenset({column["name"] for column in described["columns"]} | {described["id"]})


def _asked(url: str, path: str) -> dict[str, Any]:
    try:
        found = httpx.get(url + path, headers=credentials(), trust_env=False, timeout=TIMEOUT_S)
        document: dict[str, Any] = found.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise GatewaySilent(f"No gateway answers at {url}.") from None
    if found.is_error:
        raise GatewaySilent(f"The gateway at {url} says: {document.get('detail', found.status_code)}")
    return document
