"""Labelled pictures: what is taken, what is told, what is kept."""

import hashlib
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.unit.examples.rig import BLUE, DATA, GREEN, RED, manifests, objects, parts, upload
from tests.unit.gateway.rig import check_problem, gateway, png


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


async def test_each_picture_of_a_manifest_has_its_own_label(http: httpx.AsyncClient, repository: Path) -> None:
    labels = {"0.png": "cat", "2.png": "dog", "3.png": "unicorn"}
    answer = (
        await http.post(DATA, **parts(RED, GREEN, BLUE, png(), b"no picture", manifest={"labels": labels}))
    ).json()
    assert (answer["accepted"], answer["labels"]) == (2, {"cat": 1, "dog": 1})
    assert answer["refused"] == {"label-missing": 2, "label-unknown": 1}
    told = [(one["place"], one["name"], one["code"]) for one in answer["problems"]]
    assert told == [(1, "1.png", "label-missing"), (3, "3.png", "label-unknown"), (4, "4.png", "label-missing")]
    (batch,) = manifests(repository)
    assert [(one.name, one.label) for one in batch.pictures] == [("0.png", "cat"), ("2.png", "dog")]
    assert sorted(objects(repository)) == sorted(one.digest for one in batch.pictures)


async def test_a_manifest_may_be_a_list(http: httpx.AsyncClient, repository: Path) -> None:
    answer = await http.post(DATA, **parts(RED, manifest=[{"name": "0.png", "label": "frog"}]))
    assert answer.json()["labels"] == {"frog": 1}


@pytest.mark.parametrize(
    ("manifest", "label"),
    [
        ({"labels": {"0.png": "cat"}}, "cat"),
        ({"0.png": "cat"}, None),
        ({"labels": {"0.png": 3}}, None),
        ([{"name": "0.png", "label": "cat"}, {"name": "0.png", "label": "dog"}], None),
        ("cat", None),
    ],
)
async def test_a_wrong_manifest_is_422_and_nothing_is_stored(
    http: httpx.AsyncClient, repository: Path, manifest: Any, label: str | None
) -> None:
    params = {} if label is None else {"label": label}
    problem = check_problem(
        await http.post(DATA, params=params, **parts(RED, manifest=manifest)), 422, "request-invalid"
    )
    assert problem["errors"][0]["field"] == "body.manifest"
    assert objects(repository) == {}


async def test_a_manifest_after_a_picture_is_refused(http: httpx.AsyncClient) -> None:
    files = [("picture", ("0.png", RED)), ("manifest", (None, b'{"labels": {"0.png": "cat"}}'))]
    check_problem(await http.post(DATA, files=files), 422, "request-invalid")


async def test_an_upload_without_a_picture_is_422(http: httpx.AsyncClient) -> None:
    check_problem(await http.post(DATA, **parts(manifest={"labels": {}})), 422, "request-invalid")


async def test_pictures_are_checked_as_for_a_prediction(repository: Path) -> None:
    broken = RED[:60]
    async with gateway(repository, max_pixels=2000, max_body_bytes=2000) as http:
        found = await upload(http, GREEN, broken, b"hello", b"", png(size=(50, 50)), b"x" * 2001)
    assert found["accepted"] == 1
    assert [one["code"] for one in found["problems"]] == [
        "picture-truncated",
        "picture-unsupported",
        "picture-empty",
        "picture-too-many-pixels",
        "part-too-large",
    ]
    assert list(objects(repository).values()) == [GREEN]


async def test_where_nothing_can_be_taken_it_is_422_with_the_reasons_and_nothing_is_stored(
    http: httpx.AsyncClient, repository: Path
) -> None:
    answer = await http.post(DATA, params={"label": "cat"}, **parts(b"a", b"b"))
    problem = check_problem(answer, 422, "examples-refused")
    assert problem["refused"] == {"picture-unsupported": 2}
    assert [one["name"] for one in problem["examples"]] == ["0.png", "1.png"]
    assert objects(repository) == {}
    assert manifests(repository) == []


async def test_strict_takes_all_or_nothing(http: httpx.AsyncClient, repository: Path) -> None:
    params = {"label": "cat", "strict": "true"}
    check_problem(await http.post(DATA, params=params, **parts(RED, b"b")), 422, "examples-refused")
    assert objects(repository) == {}
    assert (await http.post(DATA, params=params, **parts(RED, GREEN))).status_code == 201


async def test_the_same_picture_with_the_same_label_is_dropped_and_counted(
    http: httpx.AsyncClient, repository: Path
) -> None:
    found = await upload(http, RED, RED, GREEN)
    assert (found["accepted"], found["duplicates"]) == (2, 1)
    found = await upload(http, GREEN, BLUE)
    assert (found["accepted"], found["duplicates"]) == (1, 1)
    answer = await http.post(DATA, params={"label": "cat"}, **parts(RED))
    assert (answer.status_code, answer.json()["batch"], answer.json()["duplicates"]) == (200, None, 1)
    assert len(manifests(repository)) == 2


async def test_the_same_picture_with_another_label_or_use_is_refused_until_it_is_withdrawn(
    http: httpx.AsyncClient,
) -> None:
    manifest = [{"name": "0.png", "label": "cat"}, {"name": "1.png", "label": "dog"}]
    first = (await http.post(DATA, **parts(RED, RED, manifest=manifest))).json()
    assert first["refused"] == {"label-conflict": 1}
    answer = await http.post(DATA, params={"label": "dog"}, **parts(RED))
    assert check_problem(answer, 422, "examples-refused")["refused"] == {"label-conflict": 1}
    answer = await http.post(DATA, params={"label": "cat", "use": "evaluation"}, **parts(RED))
    assert check_problem(answer, 422, "examples-refused")["refused"] == {"used-otherwise": 1}
    assert (await http.delete(f"{DATA}/{first['batch']}")).status_code == 200
    assert (await upload(http, RED, label="dog", use="evaluation"))["accepted"] == 1


async def test_a_hostile_file_name_is_a_word_and_no_path(http: httpx.AsyncClient, repository: Path) -> None:
    names = ["../../../up.png", "/etc/passwd", "a%00b", "x" * 400]
    answer = await http.post(DATA, params={"label": "cat"}, **parts(RED, GREEN, BLUE, png(), names=names))
    assert answer.json()["accepted"] == 4
    assert {path.name for path in repository.parent.iterdir()} == {"models", "examples"}
    assert all(len(name) == 64 for name in objects(repository))
    assert [one.name for one in manifests(repository)[0].pictures] == [*names[:3], "x" * 255]


async def test_a_picture_bomb_is_refused_before_it_is_decoded(http: httpx.AsyncClient, repository: Path) -> None:
    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG")
    answer = await http.post(DATA, params={"label": "cat"}, **parts(file.getvalue()))
    assert check_problem(answer, 422, "examples-refused")["refused"] == {"picture-too-many-pixels": 1}


async def test_limits_hold_for_bytes_parts_and_uploads(repository: Path) -> None:
    async with gateway(repository, max_upload_bytes=1000, max_upload_parts=1) as http:
        check_problem(await http.post(DATA, params={"label": "cat"}, **parts(b"x" * 1000)), 413, "body-too-large")
        check_problem(await http.post(DATA, params={"label": "cat"}, **parts(RED, GREEN, b"")), 413, "too-many-parts")
        assert (await upload(http, RED))["accepted"] == 1


@pytest.mark.parametrize("limit", [{"examples_per_model": 1}, {"examples_bytes": 150}, {"examples_batches": 1}])
async def test_a_model_s_data_is_bounded_and_erasing_makes_room(repository: Path, limit: dict[str, Any]) -> None:
    async with gateway(repository, **limit) as http:
        first = await upload(http, RED)
        answer = await http.post(DATA, params={"label": "cat"}, **parts(GREEN))
        check_problem(answer, 507, "examples-full")
        assert len(objects(repository)) == 1
        assert (await http.delete(f"{DATA}/{first['batch']}", params={"erase": "true"})).status_code == 200
        assert (await upload(http, GREEN))["accepted"] == 1


async def test_a_compressed_upload_and_a_table_are_no_pictures(http: httpx.AsyncClient) -> None:
    answer = await http.post(DATA, content=b"x", headers={"Content-Encoding": "gzip", "Content-Type": "image/png"})
    check_problem(answer, 415, "content-encoding-unsupported")
    answer = await http.post(DATA, content=b"a,b\n", headers={"Content-Type": "text/csv"})
    check_problem(answer, 415, "content-type-unsupported")
    check_problem(await http.post("/v1/models/none/data", content=RED), 404, "model-unknown")
