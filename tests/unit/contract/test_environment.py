"""Settings from the environment: all that is wrong at once, and names that nobody reads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract.environment import check_settings, unknown_variables
from contract.errors import SettingsInvalid
from gateway.settings import GatewaySettings
from modelserver.settings import ModelServerSettings

WRONG = {
    "GATEWAY_PORT": "99999",
    "GATEWAY_MAX_PARTS": "SECRET",
    "GATEWAY_TRITON_ADDRESSES": "SECRET, not JSON",
    "GATEWAY_DATABASE_MIGRATE": "SECRET",
    "MODELSERVER_GRPC_PORT": "0",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("GATEWAY_", "MODELSERVER_"))]:
        monkeypatch.delenv(name)


def test_all_that_is_wrong_is_told_at_once_and_no_value_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid) as caught:
        check_settings(GatewaySettings, ModelServerSettings)
    problems = caught.value.problems
    assert {problem.partition(":")[0] for problem in problems} == set(WRONG)
    assert "SECRET" not in "".join(problems)


def test_a_file_is_read_as_the_environment_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('GATEWAY_TRITON_ADDRESSES=["127.0.0.1:1", "SECRET"]\nGATEWAY_PORTS=1\n')
    with pytest.raises(SettingsInvalid, match=r"^GATEWAY_TRITON_ADDRESSES\[1\]: "):
        check_settings(GatewaySettings)
    assert unknown_variables(GatewaySettings) == ["GATEWAY_PORTS is no setting; is GATEWAY_PORT meant?"]


def test_right_settings_pass_and_nothing_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TRITON_ADDRESSES", '["triton:8001"]')
    check_settings(GatewaySettings, ModelServerSettings)
    assert unknown_variables(GatewaySettings, ModelServerSettings) == []


def test_a_name_that_resembles_none_is_unknown_without_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("gateway_wombat", "1")
    monkeypatch.setenv("MODELSERVER_WOMBAT", "of another part")
    assert unknown_variables(GatewaySettings) == ["GATEWAY_WOMBAT is no setting."]


@pytest.mark.parametrize(("command", "mark"), [(["gateway"], ""), (["trireme", "serve"], "error: ")])
def test_a_program_with_wrong_settings_ends_with_2_and_a_line_each(
    command: list[str], mark: str, tmp_path: Path
) -> None:
    wrong = {name: WRONG[name] for name in ("GATEWAY_PORT", "GATEWAY_MAX_PARTS")}
    found = subprocess.run(
        [sys.executable, "-m", *command], env={**os.environ, **wrong}, capture_output=True, text=True, check=False
    )
    assert found.returncode == 2
    lines = found.stderr.splitlines()
    assert [line.removeprefix(mark).partition(":")[0] for line in lines] == ["GATEWAY_PORT", "GATEWAY_MAX_PARTS"]
