"""What broken uploads left is swept away, and nothing else ever is."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from contract.examples.batch import object_path
from gateway.examples.library import ExampleLibrary
from gateway.examples.storage import ExampleStorage
from gateway.examples.sweep import ExampleSweep
from tests.unit.examples.rig import BLUE, DATA, GREEN, RED, objects, parts, upload

AGE = timedelta(hours=24)
LATER = datetime.now(UTC) + AGE + timedelta(hours=1)
MUCH_LATER = LATER + AGE + timedelta(hours=1)


def sweep(repository: Path) -> ExampleSweep:
    return ExampleSweep(ExampleLibrary(ExampleStorage(str(repository.parent / "examples"))), AGE)


def left_behind(repository: Path, body: bytes) -> Path:
    """An object of an upload that broke off."""
    digest = hashlib.sha256(body).hexdigest()
    place = repository.parent / "examples" / object_path("tiny", digest)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(body)
    return place


def aside(repository: Path) -> list[Path]:
    return sorted((repository.parent / "examples/tiny/swept").glob("*"))


async def test_what_no_batch_names_goes_when_it_is_old(http: httpx.AsyncClient, repository: Path) -> None:
    await upload(http, RED)
    await http.delete(f"{DATA}/{(await upload(http, BLUE))['batch']}")  # withdrawn, not erased
    left_behind(repository, GREEN)
    await sweep(repository).tidy(datetime.now(UTC))
    assert len(objects(repository)) == 3
    await sweep(repository).tidy(LATER)
    assert set(objects(repository).values()) == {RED, BLUE}
    assert [path.read_bytes() for path in aside(repository)] == [GREEN]
    await sweep(repository).tidy(MUCH_LATER)
    assert aside(repository) == []
    assert set(objects(repository).values()) == {RED, BLUE}


async def test_what_lies_aside_goes_back_when_a_batch_names_it(http: httpx.AsyncClient, repository: Path) -> None:
    """As where the upload of a gateway, which another one knows nothing of, took very long."""
    batch = (await upload(http, RED))["batch"]
    manifest = repository.parent / f"examples/tiny/batches/{batch}.json"
    hidden = manifest.rename(repository.parent / "hidden")
    await sweep(repository).tidy(LATER)
    assert (objects(repository), len(aside(repository))) == ({}, 1)
    hidden.rename(manifest)
    await sweep(repository).tidy(MUCH_LATER)
    assert list(objects(repository).values()) == [RED]
    assert aside(repository) == []


async def test_what_an_upload_writes_anew_meanwhile_stays(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(left_behind(repository, RED), (0, 0))
    look = ExampleStorage.time

    async def late(self: ExampleStorage, path: str) -> datetime | None:
        await self.put(path, RED)  # after it was listed
        return await look(self, path)

    monkeypatch.setattr(ExampleStorage, "time", late)
    await sweep(repository).tidy(datetime.now(UTC))
    assert list(objects(repository).values()) == [RED]
    assert aside(repository) == []


async def test_several_gateways_sweep_and_take_uploads_at_once(http: httpx.AsyncClient, repository: Path) -> None:
    for number in range(40):
        os.utime(left_behind(repository, b"%d" % number), (0, 0))
    os.utime(left_behind(repository, RED), (0, 0))
    sweeps: list[Callable[[datetime], Awaitable[None]]] = [sweep(repository).tidy for _ in range(3)]
    now = datetime.now(UTC)
    answers = await asyncio.gather(upload(http, RED), *(tidy(now) for tidy in sweeps))
    assert answers[0]["accepted"] == 1
    await sweep(repository).tidy(now)
    assert list(objects(repository).values()) == [RED]


async def test_nothing_is_swept_where_a_manifest_can_not_be_read(repository: Path) -> None:
    left_behind(repository, GREEN)
    (repository.parent / "examples/tiny/batches").mkdir(parents=True)
    (repository.parent / "examples/tiny/batches/x.json").write_text("{")
    await sweep(repository).tidy(LATER)
    assert list(objects(repository).values()) == [GREEN]


async def test_what_a_killed_gateway_wrote_half_goes_too(http: httpx.AsyncClient, repository: Path) -> None:
    await upload(http, RED)
    place = left_behind(repository, GREEN)
    half, young = place.with_name(f"{place.name}#1"), place.with_name(f"{place.name}#2")
    place.rename(half)
    young.write_bytes(b"")
    os.utime(half, (0, 0))
    await sweep(repository).tidy(datetime.now(UTC))
    assert (half.exists(), young.exists()) == (False, True)
    assert (await http.post(DATA, params={"label": "cat"}, **parts(RED))).json()["duplicates"] == 1
