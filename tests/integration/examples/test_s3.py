"""Uploads into a real S3 server."""

import contextlib
import io
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from contract.examples.batch import object_path
from gateway.examples.library import ExampleLibrary
from gateway.examples.storage import ExampleStorage
from gateway.examples.sweep import ExampleSweep
from tests.support.s3 import BUCKET, S3Server
from tests.unit.examples.rig import CSV, DATA, GREEN, RED, ROWS, parts, upload
from tests.unit.gateway.rig import check_problem, gateway

REFUSES = "The store of examples refuses the gateway: its credentials or rights are wrong."
NUMBERS = itertools.count()


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{next(NUMBERS)}"


@contextlib.asynccontextmanager
async def storing(repository: Path, s3: S3Server, bucket: str, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    given = {"examples": bucket, "examples_endpoint": s3.endpoint, "examples_timeout_s": 60}
    async with gateway(repository, **{**given, **changes}) as http:
        yield http


async def test_pictures_and_rows_come_back_as_they_were_sent(repository: Path, s3: S3Server, bucket: str) -> None:
    async with storing(repository, s3, bucket) as http:
        pictures = (await upload(http, RED, GREEN))["batch"]
        body = b"key,age,income,employed,purpose,outcome\na,31,1,1,car,good\n"
        rows = (await http.post(ROWS, content=body, headers=CSV)).json()["batch"]
        assert (await http.post(ROWS, content=body, headers=CSV)).json()["duplicates"] == 1
    storage = ExampleStorage(bucket, endpoint=s3.endpoint)
    library = ExampleLibrary(storage)
    (one, two) = (await library.find("tiny", pictures)).pictures
    assert [await storage.get(object_path("tiny", each.digest)) for each in (one, two)] == [RED, GREEN]
    found = (await library.find("credit", rows)).rows
    assert found is not None
    table = await storage.get(object_path("credit", found.digest))
    assert table is not None
    assert pq.read_table(io.BytesIO(table))["__label"].to_pylist() == ["good"]


async def test_several_gateways_share_a_bucket(repository: Path, s3: S3Server, bucket: str) -> None:
    async with storing(repository, s3, bucket) as one, storing(repository, s3, bucket) as other:
        batch = (await upload(one, RED))["batch"]
        body = b"key,age,income,employed,purpose,outcome\na,31,1,1,car,good\n"
        await one.post(ROWS, content=body, headers=CSV)
        assert (await upload(other, RED))["duplicates"] == 1
        assert (await other.post(ROWS, content=body, headers=CSV)).json()["duplicates"] == 1
        erased = (await other.delete(f"{DATA}/{batch}", params={"erase": "true"})).json()
        assert erased["objects_deleted"] == 1
        assert (await upload(one, RED, label="dog"))["accepted"] == 1


async def test_an_object_of_many_pieces_is_whole(s3: S3Server, bucket: str) -> None:
    storage = ExampleStorage(bucket, endpoint=s3.endpoint)
    data = bytes(range(256)) * 80_000
    await storage.put("tiny/objects/large", io.BytesIO(data))
    assert await storage.get("tiny/objects/large") == data


async def test_what_broken_uploads_left_is_swept_from_a_bucket(repository: Path, s3: S3Server, bucket: str) -> None:
    storage = ExampleStorage(bucket, endpoint=s3.endpoint)
    sweep, now = ExampleSweep(ExampleLibrary(storage), timedelta(hours=24)), datetime.now(UTC)
    async with storing(repository, s3, bucket) as http:
        await upload(http, RED)
    left, kept = (object_path("tiny", sha256(body).hexdigest()) for body in (GREEN, RED))
    await storage.put(left, GREEN)
    await sweep.tidy(now)
    assert await storage.get(left) == GREEN
    await sweep.tidy(now + timedelta(hours=25))
    assert await storage.get(left) is None
    assert len([name async for name, _ in storage.names("tiny/swept")]) == 1
    await sweep.tidy(now + timedelta(hours=50))
    assert [name async for name, _ in storage.names("tiny/swept")] == []
    assert await storage.get(kept) == RED


@pytest.mark.parametrize("who", ["reader", "stranger"])
async def test_a_store_that_refuses_is_one_sentence(
    repository: Path, s3: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    async with storing(repository, s3, bucket) as http:
        assert (await http.get(DATA)).status_code == 200
    for name, value in s3.environment(who).items():
        monkeypatch.setenv(name, value)
    async with storing(repository, s3, bucket) as http:
        answer = await http.post(DATA, params={"label": "cat"}, **parts(RED))
        assert check_problem(answer, 503, "examples-unavailable")["detail"] == REFUSES


async def test_a_bucket_that_is_not_there_is_one_sentence(repository: Path, s3: S3Server, bucket: str) -> None:
    async with storing(repository, s3, "s3://nowhere/0") as http:
        answer = await http.post(DATA, params={"label": "cat"}, **parts(RED))
        problem = check_problem(answer, 503, "examples-unavailable")
        assert problem["detail"] == "The bucket of examples doesn't exist."


async def test_a_server_that_dies_in_the_middle_is_one_sentence_and_the_upload_can_be_repeated(
    repository: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Server() as mortal:
        for name, value in mortal.environment().items():
            monkeypatch.setenv(name, value)
        put = ExampleStorage.put

        async def dying(self: ExampleStorage, path: str, data: Any) -> None:
            await put(self, path, data)
            mortal.kill()

        async with storing(repository, mortal, bucket, examples_timeout_s=5) as http:
            monkeypatch.setattr(ExampleStorage, "put", dying)
            answer = await http.post(DATA, params={"label": "cat"}, **parts(RED))
            problem = check_problem(answer, 503, "examples-unavailable")
            assert problem["detail"] == "The store of examples can't be reached or used."
            monkeypatch.setattr(ExampleStorage, "put", put)
            mortal.start()
            assert (await upload(http, RED))["accepted"] == 1
