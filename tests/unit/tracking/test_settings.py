import pytest
from pydantic import ValidationError

from training.settings import TrainingSettings
from training.tracking.environment import environment
from training.tracking.settings import TrackingSettings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mlflow", ("mlflow",)),
        ("mlflow, wandb", ("mlflow", "wandb")),
        ('["wandb"]', ("wandb",)),
        ("none", ()),
        ("[]", ()),
    ],
)
def test_trackers_are_named_by_commas_or_as_a_json_list(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TRAINING_TRACKING", text)
    assert TrainingSettings(_env_file=None).tracking == expected


def test_a_tracker_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINING_TRACKING", "mlfow")
    with pytest.raises(ValidationError, match="tracking"):
        TrainingSettings(_env_file=None)


def test_runs_are_tracked_in_a_local_store_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRAINING_TRACKING")
    settings = TrainingSettings(_env_file=None)
    assert settings.tracking == ("mlflow",)
    assert settings.mlflow_uri.startswith("sqlite:///.trireme/")
    assert settings.wandb_mode == "offline"


def test_the_trackers_process_gets_the_settings_whole() -> None:
    settings = TrackingSettings(_env_file=None, tracking=("wandb",), mlflow_experiment="é", tracking_timeout_s=3)
    assert TrackingSettings.model_validate_json(settings.model_dump_json()) == settings


def test_a_request_takes_a_part_of_the_patience_unless_the_user_says_otherwise() -> None:
    settings = TrackingSettings(_env_file=None, tracking_timeout_s=6)
    assert environment(settings, {})["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "2"
    given = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "77", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3", "OTHER": "x"}
    assert environment(settings, given).items() >= given.items()


def test_nobody_is_told_that_the_libraries_are_used() -> None:
    made = environment(TrackingSettings(_env_file=None), {})
    assert made["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert made["WANDB_ERROR_REPORTING"] == "false"
