"""Places: what one model and one caller may take of them, and what each role's requests may hold."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.card import VersionCard
from gateway.admission import Admission
from gateway.app import create_app
from gateway.errors import Overloaded
from gateway.identity.principal import Principal
from gateway.inference import ModelServer, Pixels, Probabilities, Tensor
from gateway.limits.errors import TooManyBatches
from tests.support.table_versions import ROW, make_table_version
from tests.support.versions import make_version
from tests.unit.gateway.limits.rig import ALICE, BOB, known
from tests.unit.gateway.rig import BATCH, PREDICT, RedServer, check_problem, client, opened, png, settings, soon
from tests.unit.gateway.table_rig import FILE, ROWS, RiskServer

OTHER = "/v1/models/other/predict"
PICTURE = png((1, 0, 0))
AS_BOB = {"X-Who": "bob"}
CSV = {"Content-Type": "text/csv"}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    make_version(root, "tiny", 1)
    make_version(root, "other", 1)
    make_table_version(root, "credit", 1)
    return root


class OneSlow(RedServer):
    """Answers for `tiny` wait; others don't."""

    async def infer(self, card: VersionCard, pictures: Sequence[Pixels], timeout_s: float, /) -> Probabilities:
        if card.model == "tiny":
            return await super().infer(card, pictures, timeout_s)
        return await RedServer().infer(card, pictures, timeout_s)


@contextlib.asynccontextmanager
async def serving(
    repository: Path, server: ModelServer, *principals: Principal, **changes: Any
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings(repository, **changes), open_model_server=opened(server))
    async with client(known(app, *principals)) as http:
        yield http


def test_places_are_given_back_also_when_the_work_fails() -> None:
    admission = Admission(3, each=1, refusal=TooManyBatches)
    with pytest.raises(LookupError), admission.enter("a"):
        raise LookupError
    with admission.enter("a"), admission.enter("b"), admission.enter():
        assert admission.inside == 3
        with pytest.raises(Overloaded), admission.enter("c"):
            pass
    assert admission.inside == 0
    with admission.enter("a"), pytest.raises(TooManyBatches), admission.enter("a"):
        pass


async def test_a_slow_model_leaves_room_for_another(repository: Path) -> None:
    server = OneSlow()
    server.go.clear()
    async with serving(repository, server, ALICE, max_in_flight=4, model_share=0.5) as http:
        slow = [asyncio.create_task(http.post(PREDICT, content=PICTURE)) for _ in range(2)]
        await soon(lambda: server.sizes)
        check_problem(await http.post(PREDICT, content=PICTURE), 503, "overloaded")
        assert (await http.post(OTHER, content=PICTURE)).status_code == 200
        server.go.set()
        assert [(await task).status_code for task in slow] == [200, 200]


async def test_one_callers_batches_leave_room_for_anothers(repository: Path) -> None:
    server = RedServer()
    server.go.clear()
    files = [("files", PICTURE)]
    async with serving(repository, server, ALICE, BOB, max_batches=2, max_batches_per_caller=1) as http:
        first = asyncio.create_task(http.post(BATCH, files=files))
        await soon(lambda: server.sizes)
        refused = await http.post(BATCH, files=files)
        check_problem(refused, 429, "too-many-batches")
        assert refused.headers["retry-after"] == "1"
        second = asyncio.create_task(http.post(BATCH, files=files, headers=AS_BOB))
        await asyncio.sleep(0.05)
        server.go.set()
        assert [(await task).status_code for task in (first, second)] == [200, 200]


class Steady(RiskServer):
    """Takes 20 ms a call, whatever is in it."""

    concurrency = 1
    has_replica = True

    async def infer(self, card: VersionCard, tensors: Sequence[Tensor], timeout_s: float, /) -> Probabilities:
        await asyncio.sleep(0.02)
        if card.model == "credit":
            return await super().infer(card, tensors, timeout_s)
        return await RedServer().infer(card, tensors, timeout_s)


async def test_what_was_let_in_is_not_refused_half_way(repository: Path) -> None:
    files = [("files", PICTURE)] * 200
    rows = {"rows": [ROW] * 500}
    async with serving(repository, Steady(), ALICE, max_wait_s=0.001, batch_window=200) as http:
        for _ in range(2):
            lines = (await http.post(BATCH, files=files)).text.splitlines()
            assert {"label" in json.loads(line) for line in lines} == {True}
            assert (await http.post(ROWS, json=rows)).status_code == 200


@pytest.mark.parametrize(
    ("limits", "request_", "code"),
    [
        ({"body_bytes": 100}, {"url": PREDICT, "content": PICTURE.ljust(200, b"\0")}, "body-too-large"),
        ({"batch_bytes": 100}, {"url": BATCH, "files": [("files", PICTURE)]}, "body-too-large"),
        ({"parts": 1}, {"url": BATCH, "files": [("files", PICTURE)] * 2}, "too-many-parts"),
        ({"rows": 1}, {"url": ROWS, "json": {"rows": [ROW, ROW]}}, "too-many-rows"),
        ({"table_bytes": 10}, {"url": FILE, "content": b"x" * 11, "headers": CSV}, "body-too-large"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
async def test_a_roles_limit_holds_for_it_alone(
    repository: Path, limits: dict[str, int], request_: dict[str, Any], code: str
) -> None:
    async with serving(repository, RedServer(), ALICE, BOB, role_limits={"viewer": limits}) as http:
        headers = request_.pop("headers", {})
        check_problem(await http.post(**request_, headers={**headers, **AS_BOB}), 413, code)
        assert code not in (await http.post(**request_, headers=headers)).text


async def test_a_role_cannot_have_more_than_everybody(repository: Path) -> None:
    limits = {"predictor": {"body_bytes": 10_000_000}}
    async with serving(repository, RedServer(), ALICE, max_body_bytes=100, role_limits=limits) as http:
        check_problem(await http.post(PREDICT, content=b"x" * 101), 413, "body-too-large")
