"""Batches: shown, withdrawn, erased; and what a store that fails, or another gateway, does to them."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import httpx
import obstore
import pytest

from contract.examples.batch import Use, batch_path
from gateway.examples.errors import BatchUnknown
from gateway.examples.library import ExampleLibrary
from gateway.examples.storage import ExampleStorage
from gateway.identity.permissions import Role
from tests.unit.examples.rig import BLUE, DATA, GREEN, RED, manifests, objects, parts, upload
from tests.unit.gateway.rig import check_problem, gateway
from tests.unit.identity.rig import asking, bearer


def library(repository: Path) -> ExampleLibrary:
    return ExampleLibrary(ExampleStorage(str(repository.parent / "examples")), max_age_s=0)


async def test_counts_and_batches_are_listed_page_by_page(http: httpx.AsyncClient) -> None:
    first = await upload(http, RED, GREEN)
    second = await upload(http, BLUE, label="dog", use="evaluation", note="check")
    page = (await http.get(DATA, params={"limit": 1})).json()
    assert (page["examples"], page["training"], page["evaluation"]) == (3, {"cat": 2}, {"dog": 1})
    assert [(one["id"], one["note"], one["kind"]) for one in page["batches"]] == [
        (second["batch"], "check", "pictures")
    ]
    rest = (await http.get(DATA, params={"limit": 1, "cursor": page["next"]})).json()
    assert [one["id"] for one in rest["batches"]] == [first["batch"]]
    assert rest["next"] is None


async def test_a_batch_shows_its_pictures_page_by_page(http: httpx.AsyncClient) -> None:
    batch = (await upload(http, RED, GREEN, BLUE))["batch"]
    page = (await http.get(f"{DATA}/{batch}", params={"limit": 2})).json()
    assert ([one["name"] for one in page["pictures"]], page["next"]) == (["0.png", "1.png"], 2)
    page = (await http.get(f"{DATA}/{batch}", params={"limit": 2, "start": 2})).json()
    assert ([one["name"] for one in page["pictures"]], page["next"]) == (["2.png"], None)


async def test_a_withdrawn_batch_counts_no_more_and_its_files_stay(http: httpx.AsyncClient, repository: Path) -> None:
    batch = (await upload(http, RED))["batch"]
    for _ in range(2):
        answer = await http.delete(f"{DATA}/{batch}")
        assert answer.json() == {"id": batch, "erased": False, "objects_deleted": 0, "objects_kept": 0}
    page = (await http.get(DATA)).json()
    assert (page["examples"], page["training"], page["batches"][0]["withdrawn"]) == (0, {}, True)
    assert (await http.get(f"{DATA}/{batch}")).json()["withdrawn"] is True
    assert len(objects(repository)) == 1
    assert await library(repository).batches("tiny") == []


async def test_an_erased_batch_is_gone_but_for_files_that_another_batch_holds(
    http: httpx.AsyncClient, repository: Path
) -> None:
    first = (await upload(http, RED, GREEN))["batch"]
    await http.delete(f"{DATA}/{first}")
    second = (await upload(http, GREEN))["batch"]
    answer = (await http.delete(f"{DATA}/{first}", params={"erase": "true"})).json()
    assert (answer["erased"], answer["objects_deleted"], answer["objects_kept"]) == (True, 1, 1)
    assert list(objects(repository).values()) == [GREEN]
    assert [one.id for one in manifests(repository)] == [second]
    check_problem(await http.get(f"{DATA}/{first}"), 404, "batch-unknown")
    check_problem(await http.delete(f"{DATA}/{first}"), 404, "batch-unknown")
    check_problem(await http.delete(f"{DATA}/..%2f..%2fx"), 404, "not-found")


async def test_an_erasure_that_broke_off_can_be_repeated(
    http: httpx.AsyncClient, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = (await upload(http, RED))["batch"]
    delete = ExampleStorage.delete

    async def broken(self: ExampleStorage, path: str) -> None:
        if path == batch_path("tiny", batch):
            raise ConnectionError
        await delete(self, path)

    monkeypatch.setattr(ExampleStorage, "delete", broken)
    with pytest.raises(ConnectionError):
        await library(repository).erase("tiny", batch, "user:anna")
    monkeypatch.setattr(ExampleStorage, "delete", delete)
    assert objects(repository) == {}
    assert (await library(repository).erase("tiny", batch, "user:anna")) == (1, 0)
    assert not list((repository.parent / "examples/tiny/withdrawn").glob("*.erasing"))


async def test_an_upload_is_not_acknowledged_when_its_file_may_have_been_erased_meanwhile(
    http: httpx.AsyncClient, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (await upload(http, RED))["batch"]
    await http.delete(f"{DATA}/{first}")
    create = ExampleStorage.create

    async def late(self: ExampleStorage, path: str, data: bytes) -> bool:
        monkeypatch.setattr(ExampleStorage, "create", create)
        await library(repository).erase("tiny", first, "user:other")  # by another gateway
        return await create(self, path, data)

    monkeypatch.setattr(ExampleStorage, "create", late)
    check_problem(await http.post(DATA, params={"label": "cat"}, **parts(RED)), 503, "examples-erased")
    assert await library(repository).batches("tiny") == []
    assert (await upload(http, RED))["accepted"] == 1
    assert list(objects(repository).values()) == [RED]


async def test_an_erasure_of_other_files_disturbs_no_upload(
    http: httpx.AsyncClient, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = (await upload(http, RED))["batch"]
    add = ExampleLibrary.add

    async def late(self: ExampleLibrary, *arguments: Any) -> None:
        monkeypatch.setattr(ExampleLibrary, "add", add)
        await self.withdraw("tiny", first, "user:other")
        await add(self, *arguments)

    monkeypatch.setattr(ExampleLibrary, "add", late)
    assert (await upload(http, GREEN))["accepted"] == 1


async def test_several_gateways_see_each_other_s_batches(repository: Path) -> None:
    async with gateway(repository) as one, gateway(repository) as other:
        await upload(one, RED)
        assert (await upload(other, RED))["duplicates"] == 1
        batch = (await upload(other, GREEN))["batch"]
        await other.delete(f"{DATA}/{batch}")
        assert (await upload(one, GREEN, label="dog"))["accepted"] == 1


async def test_a_library_gives_the_batches_in_effect_oldest_first(http: httpx.AsyncClient, repository: Path) -> None:
    ids = [(await upload(http, picture))["batch"] for picture in (RED, GREEN)]
    found = await library(repository).batches("tiny")
    assert [(one.id, one.use, one.examples, one.pictures) for one in found] == [
        (one, Use.TRAINING, 1, ()) for one in ids
    ]
    assert len((await library(repository).find("tiny", ids[0])).pictures) == 1
    with pytest.raises(BatchUnknown):
        await library(repository).find("tiny", "nothing")


async def test_a_damaged_manifest_is_an_absent_batch(http: httpx.AsyncClient, repository: Path) -> None:
    (repository.parent / "examples/tiny/batches").mkdir(parents=True)
    (repository.parent / "examples/tiny/batches/x.json").write_text("{")
    assert (await http.get(DATA)).json()["batches"] == []
    assert (await upload(http, RED))["accepted"] == 1


async def test_a_folder_that_vanished_is_one_sentence_and_is_not_made_anew(
    http: httpx.AsyncClient, repository: Path
) -> None:
    await upload(http, RED)
    shutil.rmtree(repository.parent / "examples")
    problem = check_problem(await http.post(DATA, params={"label": "cat"}, **parts(GREEN)), 503, "examples-unavailable")
    assert problem["detail"] == "The folder of examples is gone."
    assert not (repository.parent / "examples").exists()


async def test_a_folder_that_cannot_be_made_is_told_when_it_is_used(repository: Path) -> None:
    (repository.parent / "file").write_text("")
    async with gateway(repository, examples=str(repository.parent / "file/examples")) as http:
        check_problem(await http.get(DATA), 503, "examples-unavailable")


@pytest.mark.parametrize("step", ["objects", "batches"])
async def test_a_full_disk_is_507_and_no_batch(
    http: httpx.AsyncClient, repository: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    put = obstore.put_async

    async def full(store: Any, path: str, *arguments: Any, **options: Any) -> Any:
        if f"/{step}/" in path:
            raise obstore.exceptions.GenericError("Unable to copy data to file: No space left on device (os error 28)")
        return await put(store, path, *arguments, **options)

    monkeypatch.setattr(obstore, "put_async", full)
    check_problem(await http.post(DATA, params={"label": "cat"}, **parts(GREEN)), 507, "disk-full")
    assert manifests(repository) == []
    monkeypatch.setattr(obstore, "put_async", put)
    assert (await upload(http, GREEN))["accepted"] == 1


async def test_a_batch_is_on_the_disk_before_it_is_acknowledged(
    http: httpx.AsyncClient, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
    )
    batch = (await upload(http, RED))["batch"]
    folder = repository.parent.resolve() / "examples/tiny"
    (name,) = objects(repository)
    places = [synced.index(str(folder / path)) for path in (f"objects/{name}", "objects")]
    assert places == sorted(places)
    assert synced.index(str(folder / f"batches/{batch}.json")) > places[-1]
    assert str(folder / "batches") in synced[synced.index(str(folder / f"batches/{batch}.json")) :]


async def test_uploads_in_work_are_bounded(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go, began = asyncio.Event(), asyncio.Event()
    add = ExampleLibrary.add

    async def slow(self: ExampleLibrary, *arguments: Any) -> None:
        began.set()
        await go.wait()
        await add(self, *arguments)

    monkeypatch.setattr(ExampleLibrary, "add", slow)
    async with gateway(repository, max_uploads=1) as http:
        first = asyncio.create_task(upload(http, RED))
        await began.wait()
        check_problem(await http.post(DATA, params={"label": "cat"}, **parts(GREEN)), 503, "overloaded")
        go.set()
        assert (await first)["accepted"] == 1


async def test_only_who_may_add_data_uploads_sees_and_withdraws(repository: Path, tmp_path: Path) -> None:
    async with asking(repository, tmp_path) as gateway:
        batch = ""
        for role in (Role.ANNOTATOR, Role.TRAINER, Role.RELEASER, Role.PREDICTOR, Role.VIEWER):
            headers = bearer(await gateway.key(role))
            posted = await gateway.http.post(DATA, params={"label": "cat"}, headers=headers, **parts(RED))
            batch = batch or posted.json()["batch"]
            others = [
                await gateway.http.get(DATA, headers=headers),
                await gateway.http.get(f"{DATA}/{batch}", headers=headers),
                await gateway.http.delete(f"{DATA}/{batch}", headers=headers),
            ]
            expected = [201, 200, 200, 200] if role is Role.ANNOTATOR else [403] * 4
            assert [one.status_code for one in (posted, *others)] == expected, role
        assert manifests(repository)[0].principal.startswith("key:")
