"""Fixtures of more than one package's tests."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

# Before a test imports ONNX Runtime, which else reports its use to its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# Before one imports MLflow, which else takes over the loggers of other libraries.
os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")


# How long an example takes says more of the machine than of the code.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logged may be no unicode; pytest-xdist sends it to another process as UTF-8."""
    report = yield
    report.sections = [(title, text.encode(errors="backslashreplace").decode()) for title, text in report.sections]
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """What a worker covered is saved now: pytest-xdist kills one that takes ten seconds to end."""
    current = Coverage.current()
    if current is not None and hasattr(session.config, "workerinput"):
        current.save()


@pytest.fixture(autouse=True, scope="session")
def without_the_user_s_tunings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What `trireme tune` found for a model in this checkout would else decide the engine of tests' versions."""
    os.environ["TRAINING_TUNING_DIR"] = str(tmp_path_factory.mktemp("tunings"))


@pytest.fixture(autouse=True, scope="session")
def without_trackers() -> None:
    """Tests' runs are none that anyone wants to keep; tests of tracking say where they are tracked."""
    os.environ["TRAINING_TRACKING"] = "none"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished training run; tests must not write to it."""
    from tests.support.trained import trained_run

    return trained_run(tmp_path_factory.mktemp("trained"))
