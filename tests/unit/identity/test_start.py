"""How a gateway starts: who is asked, and what a start that fails says."""

from pathlib import Path
from typing import Any

import pytest

from gateway.app import create_app
from tests.unit.gateway.rig import RedServer, opened, settings
from tests.unit.identity.rig import files
from trireme.gateway_settings import gateway_settings
from trireme.settings import TriremeSettings


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("GATEWAY_AUTH", "GATEWAY_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("environment", "auth"),
    [
        ({}, "off"),
        ({"GATEWAY_AUTH": "accounts"}, "accounts"),
        ({"GATEWAY_AUTH": "off"}, "off"),
        ({"GATEWAY_HOST": "192.0.2.1"}, "accounts"),
    ],
)
def test_trireme_serve_asks_nobody_on_loopback_unless_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], auth: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert gateway_settings(TriremeSettings(), port=1).auth == auth


def test_a_choice_in_the_file_of_settings_counts_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GATEWAY_AUTH=accounts\n")
    assert gateway_settings(TriremeSettings()).auth == "accounts"


async def test_a_start_that_fails_tells_the_server_one_sentence(repository: Path, tmp_path: Path) -> None:
    given = {**files(tmp_path), "auth_signing_keys": tmp_path / "missing.json"}
    app = create_app(settings(repository, **given), open_model_server=opened(RedServer()))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    with pytest.raises(Exception, match="GATEWAY_AUTH_SIGNING_KEYS"):
        await app({"type": "lifespan", "state": {}}, receive, send)
    (failed,) = sent
    assert failed["type"] == "lifespan.startup.failed"
    assert failed["message"] == "The file of signing keys, GATEWAY_AUTH_SIGNING_KEYS, can't be read."
