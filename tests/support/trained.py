"""A real run of `fast` on the sample of CIFAR-10, for tests of what comes after training; takes some 15 s."""

import io
from pathlib import Path

from rich.console import Console

from tests.support.cifar10 import sample
from training.plan import RunPlan
from training.run_store import RunStore
from training.settings import TrainingSettings


def trained_run(root: Path, *, model: str = "cifar10", epochs: int = 3, seed: int = 0) -> Path:
    """Train into a run store below `root`; returns the finished run's folder."""
    from training.job import TrainingJob  # TensorFlow, which only this needs

    runs = RunStore(root / "runs")
    plan = sample_plan(runs.new_id(), model=model, epochs=epochs, seed=seed)
    runs.create(plan)
    return TrainingJob(plan, sample(), quiet_settings(root), Console(file=io.StringIO())).run(runs)


def sample_plan(
    run: str, *, model: str = "cifar10", architecture: str = "fast", epochs: int = 3, seed: int = 0
) -> RunPlan:
    """The plan of a run on the sample in batches of 60."""
    data = sample()
    return RunPlan(
        id=run,
        model=model,
        source="cifar10",
        input=data.input,
        labels=data.labels,
        data=data.digests(),
        architecture=architecture,
        profile="quick",
        epochs=epochs,
        batch_size=60,
        seed=seed,
        precision="float32",
    )


def quiet_settings(root: Path) -> TrainingSettings:
    """Settings whose files all lie below `root`."""
    return TrainingSettings(
        _env_file=None, precision="float32", runs_dir=root / "runs", cache_dir=root / "cache", checkpoint_steps=2
    )
