"""What a gateway answers about drift, from what it logged itself."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from contract.drift.pictures import figures
from contract.drift.summaries import Values
from gateway.prediction_log import shipping
from tests.integration.prediction_log.rig import PREDICTIONS, log_settings, logging_gateway, until
from tests.support.drifting import make_watched_table, pictures, rows, sent
from tests.unit.gateway.rig import BATCH, check_problem, encode
from tests.unit.gateway.table_rig import ROWS

DRIFT = "/v1/models/credit/drift"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "PAUSE_S", 0.05)


@pytest.fixture
def here(repository: Path, url: str, tmp_path: Path) -> Any:
    return lambda **changes: log_settings(repository, url, tmp_path / "spill", log_values="yes", **changes)


@pytest.fixture
async def http(here: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with logging_gateway(here()) as http:
        yield http


async def ask(http: httpx.AsyncClient, features: Values) -> None:
    """Predict rows, and wait until the database has them."""
    before = (await drift(http))["predictions"]
    answer = await http.post(ROWS, json={"rows": sent(features)})
    assert answer.status_code == 200, answer.text

    async def is_there() -> bool:
        return bool((await drift(http))["predictions"] == before + len(features))

    await until(is_there)


async def drift(http: httpx.AsyncClient, path: str = DRIFT, **query: Any) -> dict[str, Any]:
    answer = await http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["verdict"] for one in found["features"]}


async def test_rows_like_those_of_training_are_no_drift_and_one_moved_column_is_named(http: httpx.AsyncClient) -> None:
    await ask(http, rows(400, 2))
    calm = await drift(http)
    assert set(verdicts(calm).values()) == {"none"}
    assert (calm["model"], calm["version"], calm["major"], calm["moderate"]) == ("credit", 1, 0, 0)
    assert calm["features"][1]["missing_now"] == pytest.approx(0.1, abs=0.05)
    moved = rows(600, 3)
    moved[:, 1] *= 3
    await ask(http, moved)
    found = await drift(http)
    assert verdicts(found) == {"age": "none", "income": "major", "employed": "none", "purpose": "none"}
    assert (found["major"], found["predictions"], found["is_sample"]) == (1, 1_000, False)
    assert found["highest_psi"] == found["features"][1]["psi"] > 0.25
    assert found["features"][1]["median_now"] > found["features"][1]["median_reference"]


async def test_the_answers_own_drift_is_told(http: httpx.AsyncClient) -> None:
    # Without a model server every label is as likely as the others: the first one is the answer, always.
    await ask(http, rows(300, 4))
    found = await drift(http)
    assert found["label"]["verdict"] == found["confidence"]["verdict"] == "major"
    assert found["labels"]["good"]["now"] == 1
    assert found["labels"]["good"]["reference"] + found["labels"]["bad"]["reference"] == pytest.approx(1)
    assert found["confidence"]["median_now"] == pytest.approx(0.5)


async def test_only_predictions_of_the_time_asked_for_count(http: httpx.AsyncClient) -> None:
    await ask(http, rows(250, 5))
    old = await drift(http, until="2020-01-01T00:00:00Z", window_s=3600)
    assert old["predictions"] == 0
    assert set(verdicts(old).values()) == {"too-few"}
    assert old["labels"]["good"]["now"] is None
    assert (old["since"], old["until"]) == ("2019-12-31T23:00:00Z", "2020-01-01T00:00:00Z")
    assert (await drift(http, since="2020-01-01T00:00:00Z"))["predictions"] == 250


async def test_without_values_in_the_log_only_answers_can_drift(here: Any) -> None:
    async with logging_gateway(here().model_copy(update={"log_values": "no"})) as http:
        await ask(http, rows(250, 6))
        found = await drift(http)
    assert set(verdicts(found).values()) == {"too-few"}
    assert found["highest_psi"] is None
    assert found["label"]["verdict"] == "major"


async def test_hashed_columns_are_not_judged_and_the_others_are(here: Any, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"k" * 32)
    given = here(log_hashed_columns=("income", "purpose"), log_hash_key_file=tmp_path / "key")
    async with logging_gateway(given) as http:
        await ask(http, rows(250, 7))
        found = verdicts(await drift(http))
    assert found == {"age": "none", "income": "too-few", "employed": "none", "purpose": "too-few"}


async def test_pictures_are_judged_by_brightness_contrast_and_sharpness(http: httpx.AsyncClient) -> None:
    dark = (pictures(250, 1) // 4).astype(np.uint8)
    await predict_pictures(http, dark)
    entry = (await http.get(PREDICTIONS, params={"model": "tiny", "limit": 1000})).json()["predictions"]
    assert sorted(one["features"]["brightness"] for one in entry) == sorted(figures(one).brightness for one in dark)
    found = await drift(http, "/v1/models/tiny/drift")
    assert verdicts(found) == dict.fromkeys(("brightness", "contrast", "sharpness"), "major")


async def test_pictures_like_those_of_training_are_no_drift(http: httpx.AsyncClient) -> None:
    await predict_pictures(http, pictures(250, 2))
    found = await drift(http, "/v1/models/tiny/drift")
    assert set(verdicts(found).values()) == {"none"}
    assert found["confidence"]["verdict"] == "none"


async def predict_pictures(http: httpx.AsyncClient, given: np.ndarray[Any, Any]) -> None:
    files = [("files", (f"{n}.png", encode(Image.fromarray(one)))) for n, one in enumerate(given)]
    assert (await http.post(BATCH, files=files)).status_code == 200

    async def is_there() -> bool:
        return bool((await drift(http, "/v1/models/tiny/drift"))["predictions"] == len(given))

    await until(is_there)


async def test_tensors_of_pictures_leave_the_same_numbers(http: httpx.AsyncClient) -> None:
    (picture,) = pictures(1, 3)
    tensor = {"name": "image", "datatype": "UINT8", "shape": [1, 32, 32, 3], "data": picture.ravel().tolist()}
    answer = await http.post("/v2/models/tiny/infer", json={"inputs": [tensor]})
    assert answer.status_code == 200, answer.text

    async def is_there() -> bool:
        return bool((await http.get(PREDICTIONS, params={"model": "tiny"})).json()["predictions"])

    await until(is_there)
    (entry,) = (await http.get(PREDICTIONS, params={"model": "tiny"})).json()["predictions"]
    assert entry["features"] == figures(picture)._asdict()


async def test_what_cannot_be_answered_is_one_problem(http: httpx.AsyncClient) -> None:
    check_problem(await http.get("/v1/models/old/drift"), 422, "reference-missing")
    check_problem(await http.get("/v1/models/none/drift"), 404, "model-unknown")
    check_problem(await http.get(DRIFT, params={"version": 9}), 404, "version-unknown")
    check_problem(await http.get(DRIFT, params={"window_s": 1}), 422, "request-invalid")
    early = {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    check_problem(await http.get(DRIFT, params=early), 422, "request-invalid")


async def test_a_reference_that_is_not_the_card_s_is_refused(here: Any, tmp_path: Path) -> None:
    name = make_watched_table(tmp_path / "damaged")
    (tmp_path / "damaged" / name.triton_name / "reference.json").write_text("{}")
    async with logging_gateway(here().model_copy(update={"repository": tmp_path / "damaged"})) as http:
        check_problem(await http.get(DRIFT), 500, "version-damaged")
        (tmp_path / "damaged" / name.triton_name / "reference.json").unlink()
        check_problem(await http.get(DRIFT), 422, "reference-missing")


async def test_without_a_log_there_is_no_drift(here: Any) -> None:
    async with logging_gateway(here().model_copy(update={"log": "off"})) as http:
        check_problem(await http.get(DRIFT), 404, "log-off")
