"""Labelled pictures: what is taken, what is told, what is kept."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.examples.batch import Batch
from tests.support.versions import make_version
from tests.unit.gateway.rig import gateway, png

DATA = "/v1/models/tiny/data"
RED, GREEN, BLUE = (png(colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250)))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    make_version(tmp_path / "models", "tiny", 1)
    return tmp_path / "models"


@pytest.fixture
async def http(repository: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway(repository) as http:
        yield http


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


def manifests(repository: Path) -> list[Batch]:
    folder = repository.parent / "examples/tiny/batches"
    return [Batch.model_validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def objects(repository: Path) -> dict[str, bytes]:
    folder = repository.parent / "examples/tiny/objects"
    return {path.name: path.read_bytes() for path in folder.glob("*")} if folder.exists() else {}


async def test_one_raw_picture_with_a_label_becomes_a_batch(http: httpx.AsyncClient, repository: Path) -> None:
    answer = await http.post(DATA, params={"label": "cat", "note": "from anna"}, content=RED)
    assert answer.status_code == 201
    (batch,) = manifests(repository)
    assert answer.json() == {
        "batch": batch.id,
        "model": "tiny",
        "version": 1,
        "use": "training",
        "accepted": 1,
        "labels": {"cat": 1},
        "duplicates": 0,
        "refused": {},
        "problems": [],
    }
    digest = hashlib.sha256(RED).hexdigest()
    assert objects(repository) == {digest: RED}
    assert [(one.digest, one.label) for one in batch.pictures] == [(digest, "cat")]
    assert (batch.counts, batch.bytes, batch.note) == ({"cat": 1}, len(RED), "from anna")


async def test_many(http: httpx.AsyncClient, repository: Path) -> None:
    answer = await http.post(DATA, **parts(RED, GREEN, BLUE, manifest={"labels": {"0.png": "cat", "2.png": "dog"}}))
    assert answer.status_code == 201, answer.text
    print(answer.json())
