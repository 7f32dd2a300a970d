"""`trireme drift` against a gateway that listens."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from gateway.app import create_app
from gateway.benchmark_decode import open_nothing
from tests.integration.prediction_log.rig import log_settings
from tests.support.drifting import rows, sent
from tests.unit.gateway.rig import eventually, listening
from trireme.drift import DRIFTED, drift
from trireme.errors import Refused


@pytest.fixture
def url(repository: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a gateway."""
    given = log_settings(repository, f"sqlite:///{tmp_path}/trireme.db", tmp_path / "spill", log_values="yes")
    with listening(create_app(given, open_model_server=open_nothing), given) as port:
        yield f"http://127.0.0.1:{port}"


def run(url: str, *arguments: str) -> Any:
    return CliRunner().invoke(
        drift, ["credit", "--url", url, *arguments], env={"COLUMNS": "200"}, catch_exceptions=False
    )


def predict(url: str, features: np.ndarray[Any, Any]) -> None:
    httpx.post(f"{url}/v1/models/credit/predict", json={"rows": sent(features)}, timeout=60).raise_for_status()
    eventually(lambda: json.loads(run(url, "--json").stdout)["predictions"] == len(features), 60)


def test_the_command_names_what_drifted_first_and_fails_only_when_told(url: str) -> None:
    moved = rows(300, 11)
    moved[:, 1] *= 3
    predict(url, moved)
    done = run(url)
    assert done.exit_code == 0
    sentence, *table = done.stdout.splitlines()
    assert sentence == "credit version 1, 300 predictions: 1 of 4 features drifted, 0 moderately."
    first = next(line for line in table if "│" in line and "verdict" not in line)
    assert "income" in first
    assert "major" in first
    assert run(url, "--fail-on-drift").exit_code == DRIFTED


def test_without_drift_and_without_predictions_the_command_succeeds(url: str) -> None:
    assert "too-few" in run(url, "--fail-on-drift").stdout
    predict(url, rows(300, 12))
    done = run(url, "--fail-on-drift", "--window", "86400")
    assert (done.exit_code, "0 of 4 features drifted" in done.stdout) == (0, True)


def test_what_the_gateway_refuses_is_told(url: str) -> None:
    with pytest.raises(Refused, match="no version 9"):
        run(url, "--version", "9")
