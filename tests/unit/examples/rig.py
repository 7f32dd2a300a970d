"""Uploading to a gateway in this event loop, and what lies in its folder afterwards."""

import json
from pathlib import Path
from typing import Any

import httpx

from contract.examples.batch import Batch
from tests.unit.gateway.rig import png

DATA = "/v1/models/tiny/data"
ROWS = "/v1/models/credit/data"
RED, GREEN, BLUE = (png(colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250)))
CSV = {"Content-Type": "text/csv"}


def parts(*pictures: bytes, manifest: Any = None, names: list[str] | None = None) -> dict[str, Any]:
    names = names or [f"{number}.png" for number in range(len(pictures))]
    files: list[tuple[str, Any]] = [] if manifest is None else [("manifest", (None, json.dumps(manifest)))]
    files += [("picture", (name, body, "image/png")) for name, body in zip(names, pictures, strict=True)]
    return {"files": files}


async def upload(http: httpx.AsyncClient, *pictures: bytes, label: str = "cat", **params: Any) -> dict[str, Any]:
    answer = await http.post(DATA, params={"label": label, **params}, **parts(*pictures))
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def manifests(repository: Path, model: str = "tiny") -> list[Batch]:
    folder = repository.parent / f"examples/{model}/batches"
    return [Batch.model_validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def objects(repository: Path, model: str = "tiny") -> dict[str, bytes]:
    folder = repository.parent / f"examples/{model}/objects"
    return {path.name: path.read_bytes() for path in folder.glob("*")} if folder.exists() else {}
