"""Weights & Biases: a run each, and each published version as a version of an artifact with the model's name."""

from pathlib import Path
from typing import Any

import wandb

from training.tracking.flat import flatten
from training.tracking.notes import Aliases, Ending, Outcome, Point, Report, Run, Version
from training.tracking.settings import TrackingSettings

INTERRUPTED = 130


class WandbTracker:
    """Tells Weights & Biases of runs; offline, all is written below the settings' folder for a later `wandb sync`."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._run: Any = None

    def start(self, run: Run) -> None:
        """Begin a run, or go on with it: offline that is a further file of the same run."""
        self._end(INTERRUPTED)
        self._run = self._begin(run.model, "train", run.id, flatten({**run.parameters, "tags": dict(run.tags)}))

    def epoch(self, point: Point) -> None:
        """Log the figures of an epoch; those that it has already, it leaves out."""
        if self._run:
            self._run.log(point.metrics, step=point.number)

    def finish(self, outcome: Outcome) -> None:
        """Keep figures and files, and end the run."""
        if self._run:
            self._run.config.update(flatten({**outcome.parameters, "tags": dict(outcome.tags)}), allow_val_change=True)
            self._run.summary.update(outcome.metrics)
            self._run.log_artifact(_artifact(f"run-{self._run.id}", "run", outcome.folder, outcome.files))
            self._end(0)

    def report(self, report: Report) -> None:
        """Keep the report as the next version of its run's artifact."""
        job = self._begin(report.run.model, "report", f"report-{report.run.id}", {"run": report.run.id})
        job.summary.update(report.metrics)
        job.log_artifact(_artifact(f"run-{report.run.id}", "run", report.folder, report.files))
        job.finish(exit_code=0)

    def fail(self, ending: Ending) -> None:
        """End the run."""
        if self._run:
            self._run.summary.update({"reason": ending.reason})
            self._end(INTERRUPTED if ending.interrupted else 1)

    def published(self, version: Version) -> None:
        """Keep the version's files as the model's artifact."""
        alias = "champion" if version.first else "challenger"
        config = flatten({"run": version.run.id, **version.run.parameters, "tags": dict(version.run.tags)})
        job = self._begin(version.run.model, "publish", f"publish-{version.name}-{version.run.id}", config)
        job.summary.update(version.metrics)
        artifact = _artifact(version.run.model, "model", version.folder, version.files)
        job.log_artifact(artifact, aliases=[str(version.name), alias])
        job.finish(exit_code=0)

    def aliases(self, aliases: Aliases) -> None:
        """Move aliases: the same files with another alias are no new version, and the alias leaves the old one."""
        job = self._begin(aliases.model, "aliases", None, {})
        for alias in aliases.aliases:
            if alias.folder is not None:
                artifact = _artifact(aliases.model, "model", alias.folder, alias.files)
                job.log_artifact(artifact, aliases=[f"{aliases.model}-v{alias.version}", alias.name])
        job.finish(exit_code=0)

    def close(self) -> None:
        """End a run that nobody ended, and the library's own process."""
        self._end(INTERRUPTED)
        wandb.teardown()

    def _begin(self, model: str, kind: str, name: str | None, config: dict[str, Any]) -> Any:
        folder = Path(self._settings.wandb_dir).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        online = self._settings.wandb_mode == "online"
        return wandb.init(
            project=self._settings.wandb_project,
            id=name,
            name=name,
            group=model,
            job_type=kind,
            config=config,
            dir=folder,
            resume="allow" if online and name else None,
            reinit="create_new",
            settings=_quiet(self._settings),
        )

    def _end(self, code: int) -> None:
        run, self._run = self._run, None
        if run:
            run.finish(exit_code=code)


def _quiet(settings: TrackingSettings) -> Any:
    return wandb.Settings(
        mode=settings.wandb_mode,
        init_timeout=settings.tracking_timeout_s / 3,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )


def _artifact(name: str, kind: str, folder: Path, files: tuple[str, ...]) -> Any:
    artifact = wandb.Artifact(name, kind)
    for file in files:
        # A copy: what lies there may be gone when it is synced.
        artifact.add_file(str(folder / file), name=file, policy="mutable", skip_cache=True)
    return artifact
