"""`trireme versions`, `canary`, `promote` and `rollback` against a real gateway."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import SecretStr
from typer.testing import CliRunner

from gateway.app import create_app
from tests.support.versions import make_version
from tests.unit.gateway.rig import RedServer, eventually, listening, opened, settings
from trireme.errors import Refused
from trireme.releases import canary, promote, rollback, versions

VERBS: dict[str, typer.Typer] = {"versions": versions, "canary": canary, "promote": promote, "rollback": rollback}


@pytest.fixture
def trireme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    make_version(tmp_path / "repository", "tiny", 1)
    policies = tmp_path / "policies.yaml"
    policies.write_text("models: {tiny: {start: wait}}")
    given = settings(
        tmp_path / "repository",
        rollout="on",
        rollout_policies=policies,
        rollout_interval_s=0.05,
        refresh_interval_s=0.05,
        database=SecretStr(f"sqlite:///{tmp_path}/trireme.db"),
    )
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)

    def run(verb: str, *arguments: str) -> Any:
        return CliRunner().invoke(VERBS[verb], [*arguments])

    with listening(create_app(given, open_model_server=opened(RedServer())), given) as port:
        monkeypatch.setenv("TRIREME_URL", f"http://127.0.0.1:{port}")
        yield run


def found(trireme: Any) -> list[dict[str, Any]]:
    shown = trireme("versions", "tiny", "--json")
    assert shown.exit_code == 0, shown.output
    listed: list[dict[str, Any]] = json.loads(shown.stdout)["versions"]
    return listed


def rows(shown: Any) -> list[list[str]]:
    """The cells of a table's rows."""
    assert shown.exit_code == 0, shown.output
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.stdout.splitlines() if "│" in line]


def test_a_canary_is_started_promoted_and_rolled_back(trireme: Any, tmp_path: Path) -> None:
    eventually(lambda: found(trireme)[0]["state"] == "stable")
    make_version(tmp_path / "repository", "tiny", 2)
    eventually(lambda: len(found(trireme)) == 2 and found(trireme)[1]["proven"])
    one, two = rows(trireme("canary", "tiny", "2", "--weight", "20", "--note", "let us see"))
    assert one[:5] == ["1", "–", "100.00%", "stable", "80 %"]
    assert two[:5] == ["2", "–", "100.00%", "canary", "20 %"]
    assert two[5].endswith("canary by local:local: let us see")
    assert rows(trireme("promote", "tiny", "2"))[1][3:5] == ["stable", "100 %"]
    assert rows(trireme("rollback", "tiny"))[0][3:5] == ["stable", "100 %"]
    told = trireme("versions", "tiny")
    assert "version 1  stable, 100 % of the traffic" in told.stdout
    assert "version 2  retired" in told.stdout
    refused = trireme("promote", "tiny", "2")
    assert isinstance(refused.exception, Refused)
    assert refused.exception.problem_code == "transition-refused"
