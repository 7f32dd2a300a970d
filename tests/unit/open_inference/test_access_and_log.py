"""Under `/v2` callers are asked who they are, and what was predicted is noted, as everywhere."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import numpy as np
import pytest

from gateway.identity.permissions import Role
from tests.support.versions import CIFAR10, make_version
from tests.unit.identity.rig import Asking, asking, bearer
from tests.unit.open_inference.requests import PICTURES, flat

INFER = "/v2/models/tiny/infer"


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Asking]:
    make_version(tmp_path / "repository", "tiny", 1)
    changes = {"log": "on", "log_window_ms": 10, "log_spill": tmp_path / "spill"}
    async with asking(tmp_path / "repository", tmp_path, **changes) as gateway:
        yield gateway


async def test_nobody_infers_without_a_key(gateway: Asking) -> None:
    answer = await gateway.http.post(INFER, content=flat(PICTURES))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.json()["error"] == answer.json()["detail"]
    assert (await gateway.http.get("/v2/models/tiny")).status_code == 401
    assert (await gateway.http.post("/v2/repository/models/tiny/load")).status_code == 401
    assert (await gateway.http.get("/v2/health/live")).status_code == 200


async def test_reading_is_not_predicting(gateway: Asking) -> None:
    viewer = bearer(await gateway.key(Role.VIEWER))
    assert (await gateway.http.get("/v2/models/tiny/ready", headers=viewer)).status_code == 200
    answer = await gateway.http.post(INFER, content=flat(PICTURES), headers=viewer)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_each_example_of_a_tensor_is_noted(gateway: Asking) -> None:
    key = await gateway.key(Role.PREDICTOR)
    content = flat(PICTURES, parameters={"prediction_ids": True})
    answer = await gateway.http.post(INFER, content=content, headers=bearer(key))
    ids = answer.json()["parameters"]["prediction_ids"].split()
    for one, picture in zip(ids, PICTURES, strict=True):
        noted = (await _noted(gateway, one, key)).json()
        assert (noted["kind"], noted["model"], noted["version"]) == ("tensor", "tiny", 1)
        assert (noted["label"], noted["probability"]) == (CIFAR10[picture[0, 0, 0]], 1.0)
        np.testing.assert_array_equal(noted["probabilities"], np.eye(10)[picture[0, 0, 0]])
        assert noted["input_digest"] == sha256(picture.tobytes()).hexdigest()
        assert noted["principal"].startswith("key:")
        assert noted["trace_id"] == answer.headers["x-trace-id"]


async def _noted(gateway: Asking, one: str, key: str) -> httpx.Response:
    async with asyncio.timeout(20):
        while True:
            found = await gateway.http.get(f"/v1/predictions/{one}", headers=bearer(key))
            if found.status_code == 200:
                return found
            await asyncio.sleep(0.05)
