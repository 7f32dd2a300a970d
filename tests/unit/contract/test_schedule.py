"""Schedules of retrains, and the policies that hold them."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from contract.errors import PoliciesInvalid
from contract.jobs.policy import DriftPolicy, RetrainPolicies
from contract.jobs.schedule import check_schedule, last_tick


@pytest.mark.parametrize(
    "wrong", ["", "* * * *", "* * * * * *", "61 * * * *", "0 0 31 2 *", "@daily", "x x x x x", "0 0 * * 8"]
)
def test_what_is_no_schedule_of_five_fields_is_refused_at_the_start(wrong: str, tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(f"models: {{tiny: {{schedule: '{wrong}'}}}}")

    with pytest.raises(PoliciesInvalid, match=r"wrong at models\.tiny\.schedule"):
        RetrainPolicies.read(file)


def test_a_schedule_is_kept_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text("models: {tiny: {schedule: '30 3 * * mon-fri'}}")

    assert RetrainPolicies.read(file).of("tiny").schedule == "30 3 * * mon-fri"


@pytest.mark.parametrize(
    ("expression", "now", "tick"),
    [
        ("0 3 * * *", "2026-05-02T02:59:59.999", "2026-05-01T03:00"),
        ("0 3 * * *", "2026-05-02T03:00:00", "2026-05-02T03:00"),
        ("0 3 * * *", "2026-05-02T03:00:00.000001", "2026-05-02T03:00"),
        ("*/5 * * * *", "2026-01-01T00:04:59", "2026-01-01T00:00"),
        ("* * * * *", "2026-01-01T00:00:59", "2026-01-01T00:00"),
        ("0 0 29 2 *", "2026-01-01T00:00", "2024-02-29T00:00"),
    ],
)
def test_the_last_tick_is_the_one_at_the_latest_now(expression: str, now: str, tick: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert last_tick(check_schedule(expression), moment) == datetime.fromisoformat(tick).replace(tzinfo=UTC)


def test_schedules_are_in_utc_wherever_the_clock_is() -> None:
    now = datetime(2026, 5, 2, 4, 30, tzinfo=timezone(timedelta(hours=2)))

    assert last_tick("0 3 * * *", now) == datetime(2026, 5, 1, 3, 0, tzinfo=UTC)


def test_the_policy_of_the_page_about_drift_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/drift.md").read_text()
    start = page.index("    models:\n")
    file = tmp_path / "policies.yaml"
    file.write_text(page[start : page.index("\n\n", start)])
    drift = RetrainPolicies.read(file).of("loans").drift
    assert drift is not None
    assert (drift.retrain, drift.features) == (True, 3)
    defaults = DriftPolicy()
    assert (defaults.retrain, defaults.features) == (False, 1)
    assert drift == defaults.model_copy(update={"retrain": True, "features": 3})


def test_a_policy_without_drift_watches_nothing_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text("models: {tiny: {profile: quick}}")
    assert RetrainPolicies.read(file).of("tiny").drift is None
    file.write_text("models: {tiny: {drift: {window_s: 5}}}")
    with pytest.raises(PoliciesInvalid, match=r"wrong at models\.tiny\.drift\.window_s"):
        RetrainPolicies.read(file)
