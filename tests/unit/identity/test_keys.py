"""API keys: who has one may do what its role says, until it ends."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.database.engine import Database
from gateway.database.errors import DatabaseUnavailable
from gateway.identity.errors import AccountInvalid
from gateway.identity.permissions import Role
from gateway.identity.tables import now
from tests.unit.gateway.rig import check_problem
from tests.unit.identity.rig import Asking, asking, bearer

MODELS = "/v1/models"


async def test_a_key_works_in_either_header(gateway: Asking) -> None:
    key = await gateway.key(Role.VIEWER)
    for headers in (bearer(key), {"X-API-Key": key}, {"Authorization": f"bearer  {key}"}):
        assert (await gateway.http.get(MODELS, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer trk_aaaaaaaa_short"},
        {"Authorization": f"Bearer trk_aaaaaaaa_{'x' * 43}"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer " + "x" * 10_000},
        {"X-API-Key": "x"},
        {"X-API-Key": "tr\xe9"},
    ],
)
async def test_what_is_no_valid_credential_has_one_answer(gateway: Asking, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = await gateway.http.get(MODELS, headers=raw)
    problem = check_problem(answer, 401, "unauthenticated")
    assert problem["detail"] == "A valid token or API key is needed"
    assert answer.headers["www-authenticate"] == 'Bearer realm="trireme"'


async def test_two_credentials_are_none(gateway: Asking) -> None:
    key = await gateway.key(Role.VIEWER)
    check_problem(await gateway.http.get(MODELS, headers={**bearer(key), "X-API-Key": key}), 401, "unauthenticated")


async def test_a_key_with_another_s_prefix_is_refused(gateway: Asking) -> None:
    one, other = await gateway.key(Role.VIEWER), await gateway.key(Role.VIEWER)
    mixed = one[:13] + other[13:]
    check_problem(await gateway.http.get(MODELS, headers=bearer(mixed)), 401, "unauthenticated")
    assert (await gateway.http.get(MODELS, headers=bearer(one))).status_code == 200


async def test_a_key_that_is_over_is_refused(gateway: Asking) -> None:
    key = await gateway.key(Role.ADMIN, expires=now() - timedelta(seconds=1))
    check_problem(await gateway.http.get(MODELS, headers=bearer(key)), 401, "unauthenticated")


async def test_a_missing_permission_is_named(gateway: Asking) -> None:
    key = await gateway.key(Role.VIEWER)
    answer = await gateway.http.post("/v1/models/tiny/predict", content=b"x" * 100_000, headers=bearer(key))
    assert "'predict'" in check_problem(answer, 403, "forbidden")["detail"]
    assert answer.headers["connection"] == "close"


async def test_the_database_holds_no_key(gateway: Asking, tmp_path: Path) -> None:
    key = await gateway.key(Role.VIEWER)
    assert (await gateway.http.get(MODELS, headers=bearer(key))).status_code == 200
    stored = contents(tmp_path)
    assert key[4:12].encode() in stored
    assert key[13:].encode() not in stored


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("trireme.db*"))


async def test_a_good_key_works_on_while_the_database_is_away_and_an_unknown_one_is_not_let_in(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_self: Database) -> None:
        raise DatabaseUnavailable

    async with asking(repository, tmp_path, auth_cache_s=0.001) as gateway:
        known, other = await gateway.key(Role.VIEWER), await gateway.key(Role.VIEWER)
        assert (await gateway.http.get(MODELS, headers=bearer(known))).status_code == 200
        monkeypatch.setattr(Database, "transaction", away)
        assert (await gateway.http.get(MODELS, headers=bearer(known))).status_code == 200
        check_problem(await gateway.http.get(MODELS, headers=bearer(other)), 503, "database-unavailable")


async def test_a_key_needs_an_owner_who_is_there(gateway: Asking) -> None:
    with pytest.raises(AccountInvalid):
        await gateway.key(Role.VIEWER, owner="nobody")
