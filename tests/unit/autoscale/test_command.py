"""`trireme autoscale plan`, as people and programs see it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from contract.errors import ModelUnknown
from trireme.autoscale.cli import autoscale
from trireme.autoscale.errors import PlanImpossible

GIVEN = ("--service-ms", "10", "--slo-ms", "100")


def told(*args: str) -> str:
    result = CliRunner().invoke(autoscale, ["plan", "some", *args], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def document(*args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(*args, "--json"))
    return found


@settings(max_examples=15)
@given(st.integers(1, 2000), st.floats(0.5, 20))
def test_the_same_item_rate_leads_to_the_same_replicas_in_requests_of_1_and_of_32(
    requests: int, service_ms: float
) -> None:
    same = ("--service-ms", str(service_ms), "--batch-ms", str(service_ms * 12), "--slo-ms", "1000")
    of_many = document("--rate", str(requests), "--items", "32", *same)
    of_one = document("--rate", str(requests * 32), *same)
    assert of_one["replicas"] == of_many["replicas"]
    bounds = [one["values"]["autoscaling"]["model"] for one in (of_one, of_many)]
    assert bounds[0]["maxReplicas"] == bounds[1]["maxReplicas"]
    assert bounds[0]["targets"]["inFlight"] < bounds[1]["targets"]["inFlight"]  # 32 at once wait for one another


def test_it_says_how_many_replicas_each_rate_needs_and_the_formula() -> None:
    text = told(*GIVEN, "--rate", "40", "--rate", "300")
    assert "40.0 items a second: 1 replicas" in text
    assert "300.0 items a second: 7 replicas" in text
    assert "Allen and Cunneen" in " ".join(text.split())


def test_values_are_what_the_chart_takes(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    told(*GIVEN, "--rate", "300", "--provider", "keda", "--values", str(file))
    comment, _, text = file.read_text().partition("\n")
    assert comment.startswith("# ")
    assert json.loads(text) == document(*GIVEN, "--rate", "300", "--provider", "keda")["values"]


def test_nothing_known_is_one_sentence_that_says_what_helps(tmp_path: Path) -> None:
    with pytest.raises(ModelUnknown):
        told("--rate", "1", "--repository", str(tmp_path))
    with pytest.raises(PlanImpossible, match="A larger batch can't take less time"):
        told("--rate", "1", "--service-ms", "3", "--batch-ms", "2")
    with pytest.raises(PlanImpossible, match="No gateway answers"):
        told("--rate", "1", "--gateway", "http://127.0.0.1:1")


def test_another_provider_is_refused() -> None:
    assert (
        CliRunner().invoke(autoscale, ["plan", "some", *GIVEN, "--rate", "1", "--provider", "knative"]).exit_code == 2
    )
