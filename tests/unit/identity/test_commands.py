"""`trireme users`, `keys` and `database`: they work on the database, without a gateway."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from contract.errors import TriremeError
from gateway.identity import signing_keys
from gateway.identity.api_key import ApiKey
from tests.unit.identity.rig import PASSWORD, asking, bearer, files
from trireme.accounts.database import database
from trireme.accounts.keys import keys
from trireme.accounts.users import users
from trireme.gateway_settings import gateway_settings
from trireme.settings import TriremeSettings


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATABASE", f"sqlite:///{tmp_path}/trireme.db")


VERBS: dict[str, typer.Typer] = {"users": users, "keys": keys, "database": database}


def invoke(verb: str, *arguments: str, given: str = "") -> Any:
    result = CliRunner().invoke(VERBS[verb], arguments, input=given)
    if isinstance(result.exception, TriremeError):
        raise result.exception
    return result


def documents(*arguments: str, given: str = "") -> Any:
    result = invoke(*arguments, "--json", given=given)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def add(name: str, role: str) -> Any:
    return documents("users", "add", name, "--role", role, "--password-stdin", given=f"{PASSWORD}\n")


def test_users_are_added_listed_changed_and_locked_out() -> None:
    (user,) = add("anna", "viewer")
    assert (user["name"], user["role"], user["disabled"]) == ("anna", "viewer", None)
    add("root", "admin")
    assert documents("users", "role", "anna", "trainer")[0]["role"] == "trainer"
    assert documents("users", "disable", "anna")[0]["disabled"]
    assert documents("users", "enable", "anna")[0]["disabled"] is None
    assert [user["name"] for user in documents("users", "list")] == ["anna", "root"]
    assert "trainer" in invoke("users", "list").stdout


def test_an_error_is_the_store_s_sentence() -> None:
    add("root", "admin")
    for arguments, words in [
        (("users", "role", "nobody", "viewer"), "no user 'nobody'"),
        (("users", "disable", "root"), "last admin"),
        (("keys", "revoke", "aaaaaaaa"), "no API key"),
        (("keys", "create", "--role", "viewer", "--owner", "nobody"), "owner"),
    ]:
        with pytest.raises(TriremeError, match=words):
            invoke(*arguments)
    with pytest.raises(TriremeError, match="at least 12"):
        invoke("users", "add", "anna", "--role", "viewer", "--password-stdin", given="short\n")


def test_a_password_is_asked_for_twice_and_not_shown() -> None:
    result = invoke("users", "add", "anna", "--role", "admin", given=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert "--password " not in invoke("users", "add", "--help").output


async def test_what_the_commands_make_a_gateway_takes(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    await asyncio.to_thread(add, "anna", "admin")
    result = await asyncio.to_thread(invoke, "keys", "create", "--role", "predictor", "--owner", "anna")
    key = result.stdout.strip()
    assert ApiKey.parse(key) is not None
    assert key not in result.stderr
    async with asking(repository, tmp_path) as gateway:
        assert (await gateway.login("anna")).status_code == 200
        assert (await gateway.login("admin")).status_code == 401
        assert (await gateway.me(bearer(key))).json()["role"] == "predictor"
    shown = await asyncio.to_thread(documents, "keys", "list")
    assert (shown[0]["owner"], shown[0]["revoked"]) == ("anna", None)
    assert (await asyncio.to_thread(documents, "keys", "revoke", shown[0]["prefix"]))[0]["revoked"]


def test_a_first_key_that_signs_is_made_for_its_owner_alone_and_never_over_another(tmp_path: Path) -> None:
    file = tmp_path / "signing-keys.json"
    made = documents("keys", "new-signing", str(file))
    assert [key.kid for key in signing_keys.load(file, create=False)] == made["verify"] == [made["signs"]]
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(TriremeError, match="exists already"):
        invoke("keys", "new-signing", str(file))


def test_keys_that_sign_are_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_AUTH_SIGNING_KEYS", str(files(tmp_path)["auth_signing_keys"]))
    rotated = documents("keys", "rotate-signing")
    assert rotated["signs"] == rotated["verify"][0]
    assert len(rotated["verify"]) == 2


def test_the_database_s_schema_is_shown_and_brought_up_to_date() -> None:
    before = documents("database", "status")
    assert (before["current"], before["up_to_date"]) == (None, False)
    after = documents("database", "upgrade")
    assert after == {"current": after["newest"], "newest": after["newest"], "up_to_date": True}
    assert "up to date" in invoke("database", "status").stdout


def test_the_database_lies_in_the_state_folder_unless_the_gateway_s_settings_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIREME_STATE_DIR", str(tmp_path / "state"))
    invoke("database", "upgrade")
    assert (tmp_path / "trireme.db").is_file()
    assert not (tmp_path / "state").exists()
    monkeypatch.delenv("GATEWAY_DATABASE")
    invoke("database", "upgrade")
    assert (tmp_path / "state" / "trireme.db").is_file()
    chosen = gateway_settings(TriremeSettings())
    assert chosen.database.get_secret_value() == f"sqlite:///{tmp_path}/state/trireme.db"
    assert chosen.log_spill == tmp_path / "state" / "predictions"
