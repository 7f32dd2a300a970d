"""The gateway before a real Triton: right answers, to the right callers."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from contract.inputs import ImageInput
from contract.picture import to_tensor
from gateway.app import create_app
from modelserver.temporary import TemporaryServer
from tests.integration.gateway.conftest import TINY
from tests.support.versions import CIFAR10, make_version
from tests.unit.gateway.rig import BATCH, PREDICT, check_problem, client, colours, encode, png, settings

PICTURES = [png(colour) for colour in colours(150)]
ALL = {"top_k": len(CIFAR10)}


def probabilities(answer: dict[str, Any]) -> list[float]:
    by_label = {entry["label"]: entry["probability"] for entry in answer["top_k"]}
    return [by_label[label] for label in CIFAR10]


@pytest.mark.parametrize("version", [1, 2])
async def test_the_answer_is_what_triton_says_about_the_pictures_tensor(
    http: httpx.AsyncClient, triton: TemporaryServer, version: int
) -> None:
    picture = encode(Image.effect_noise((320, 240), 90).convert("RGB"), "JPEG")
    tensor = to_tensor(picture, ImageInput(height=32, width=32))[None]
    wanted = triton.infer(TINY[version - 1], {"image": tensor})["probabilities"][0]
    answer = (await http.post(PREDICT, content=picture, params={**ALL, "version": version})).json()
    np.testing.assert_allclose(probabilities(answer), wanted, rtol=1e-5)
    assert answer["label"] == CIFAR10[int(np.argmax(wanted))]
    assert answer["version"] == version


async def test_concurrent_callers_get_what_they_get_one_by_one(http: httpx.AsyncClient) -> None:
    serial = [(await http.post(PREDICT, content=picture, params=ALL)).json() for picture in PICTURES]
    together = await asyncio.gather(*(http.post(PREDICT, content=picture, params=ALL) for picture in PICTURES))
    for alone, among_others in zip(serial, together, strict=True):
        np.testing.assert_allclose(probabilities(among_others.json()), probabilities(alone), rtol=1e-5)
    assert len({tuple(map(str, probabilities(answer))) for answer in serial}) > 100
    text = (await http.get("/metrics")).text
    calls = next(line for line in text.splitlines() if line.startswith("trireme_gateway_batch_pictures_count"))
    assert float(calls.split()[1]) < 2 * len(PICTURES)


async def test_callers_of_two_versions_do_not_mix(http: httpx.AsyncClient) -> None:
    versions = [1 + index % 2 for index in range(40)]
    answers = await asyncio.gather(
        *(http.post(f"{PREDICT}?version={version}", content=PICTURES[0]) for version in versions)
    )
    assert [answer.json()["version"] for answer in answers] == versions
    assert len({(answer.json()["version"], answer.json()["probability"]) for answer in answers}) == 2


async def test_a_batch_gives_the_answers_of_single_requests_in_order(http: httpx.AsyncClient) -> None:
    files = [("files", (f"{index}.png", picture)) for index, picture in enumerate(PICTURES)]
    files[7] = ("files", ("7.png", PICTURES[7][:60]))
    answer = await http.post(BATCH, files=files, params=ALL)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["index"] for line in lines] == list(range(len(PICTURES)))
    assert lines[7]["code"] == "picture-truncated"
    for index in (0, 8, 100, 149):
        alone = (await http.post(PREDICT, content=PICTURES[index], params=ALL)).json()
        np.testing.assert_allclose(probabilities(lines[index]), probabilities(alone), rtol=1e-5)


FORMS = {
    "grey": Image.new("L", (40, 40), 200),
    "palette": Image.new("RGB", (40, 40), (200, 30, 30)).convert("P"),
    "16 bit": Image.fromarray(np.full((40, 40), 51_400, np.uint16)),
    "transparent": Image.new("RGBA", (40, 40), (10, 10, 10, 0)),
}


@pytest.mark.parametrize("name", FORMS)
async def test_pictures_of_every_kind_are_answered(http: httpx.AsyncClient, name: str) -> None:
    answer = await http.post(PREDICT, content=encode(FORMS[name]))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("format", "options"), [("GIF", {"save_all": True}), ("WEBP", {}), ("BMP", {})])
async def test_pictures_of_every_format_are_answered(
    http: httpx.AsyncClient, format: str, options: dict[str, bool]
) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    more = {"append_images": frames[1:], **options} if options else {}
    answer = (await http.post(PREDICT, content=encode(frames[0], format, **more), params=ALL)).json()
    first = (await http.post(PREDICT, content=encode(frames[0]), params=ALL)).json()
    np.testing.assert_allclose(probabilities(answer), probabilities(first), atol=0.02)


async def test_a_cmyk_jpeg_is_answered_as_its_colours(http: httpx.AsyncClient) -> None:
    red = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    answer = (await http.post(PREDICT, content=encode(red, "JPEG"), params=ALL)).json()
    wanted = (await http.post(PREDICT, content=png((255, 0, 0)), params=ALL)).json()
    np.testing.assert_allclose(probabilities(answer), probabilities(wanted), atol=0.05)


async def test_a_picture_that_the_model_fails_on_fails_alone(http: httpx.AsyncClient) -> None:
    white = {1, 17, 30}
    pictures = [png((255, 255, 255)) if index in white else png((index, 0, 0)) for index in range(40)]
    answers = await asyncio.gather(*(http.post("/v1/models/brittle/predict", content=picture) for picture in pictures))
    for index, answer in enumerate(answers):
        if index in white:
            check_problem(answer, 502, "model-server-failed")
            assert "indices" not in answer.text
        else:
            assert answer.status_code == 200, answer.text


async def test_ready_is_asked_of_the_real_models(http: httpx.AsyncClient) -> None:
    ready = (await http.get("/health/ready")).json()
    assert {entry["model"]: entry["ready"] for entry in ready["models"]} == {
        "tiny": True,
        "brittle": True,
        "credit": True,
    }


async def test_a_version_that_triton_has_not_loaded_is_503(tmp_path: Path, triton: TemporaryServer) -> None:
    make_version(tmp_path, "unloaded", 1)
    async with client(create_app(settings(tmp_path, triton_addresses=(triton.grpc_address,)))) as other:
        answer = await other.post("/v1/models/unloaded/predict", content=PICTURES[0])
        problem = check_problem(answer, 503, "model-server-unavailable")
        assert problem["detail"] == "The model server has not loaded version 1 of model 'unloaded' yet."
        assert (await other.get("/health/ready")).status_code == 503
