"""MLflow: a run each, its figures and files, and a registered model with a version for each published one."""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from training.tracking.flat import flatten
from training.tracking.notes import Aliases, Ending, Metrics, Outcome, Parameters, Point, Report, Run, Tags, Version
from training.tracking.registry import Registry
from training.tracking.settings import TrackingSettings
from training.tracking.stores import artifact_location, open_store

RUN = "trireme.run"
REASON = "trireme.reason"
BATCH = 100
"""Parameters that a server takes at once."""
LONGEST = 5_000
"""Characters of a value that every version of MLflow takes."""
_ODD = re.compile(r"[^\w\-. /:]", re.ASCII)


class MlflowTracker:
    """Tells an MLflow store of runs; a run of ours is one of MLflow's, known by the tag `trireme.run`."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._client = open_store(settings)
        self._registry = Registry(self._client)
        self._run: str | None = None
        self._known: set[int] = set()
        """Numbers of the points that the run has already."""

    def start(self, run: Run) -> None:
        """Begin a run, or go on with it."""
        found = self._find(run)
        self._known = self._points(found) if found else set()
        self._run = found or self._create(run)
        self._client.update_run(self._run, status="RUNNING")
        self._describe(self._run, run.parameters, run.tags)

    def epoch(self, point: Point) -> None:
        """Log the figures of an epoch, unless the run has it."""
        if self._run and point.number not in self._known:
            self._client.log_batch(self._run, metrics=_metrics(point.metrics, point.number))
            self._known.add(point.number)

    def finish(self, outcome: Outcome) -> None:
        """Log figures and files, and end the run."""
        if self._run:
            self._describe(self._run, outcome.parameters, outcome.tags)
            self._client.log_batch(self._run, metrics=_metrics(outcome.metrics))
            self._keep(self._run, outcome.folder, outcome.files)
            self._client.set_terminated(self._run, "FINISHED")

    def report(self, report: Report) -> None:
        """Keep the report with its run."""
        run = self._find(report.run) or self._made_for(report.run, report.metrics)
        self._keep(run, report.folder, report.files)

    def fail(self, ending: Ending) -> None:
        """End the run."""
        if self._run:
            self._client.set_tag(self._run, REASON, ending.reason[:LONGEST])
            self._client.set_terminated(self._run, "KILLED" if ending.interrupted else "FAILED")

    def published(self, version: Version) -> None:
        """Keep the version's files with its run, and register it."""
        run = self._find(version.run) or self._made_for(version.run, version.metrics)
        place = f"versions/{version.name}"
        self._keep(run, version.folder, version.files, place)
        source = f"{self._client.get_run(run).info.artifact_uri}/{place}"
        self._registry.add(version, run, source)

    def aliases(self, aliases: Aliases) -> None:
        """Move the aliases of the registered model; one that can't be moved keeps no other from it."""
        with ExitStack() as moving:
            for alias in aliases.aliases:
                moving.callback(self._registry.move, aliases.model, alias)

    def close(self) -> None:
        """End a run that nobody ended, because its process was killed."""
        if self._run and self._client.get_run(self._run).info.status == "RUNNING":
            self._client.set_terminated(self._run, "KILLED")

    def _find(self, run: Run) -> str | None:
        known = f"tags.`{RUN}` = '{_plain(run.id)}'"
        found = self._client.search_runs([self._experiment(run.model)], known, max_results=1)
        return found[0].info.run_id if found else None

    def _create(self, run: Run) -> str:
        made = self._client.create_run(self._experiment(run.model), tags={RUN: _plain(run.id)}, run_name=run.id)
        identifier: str = made.info.run_id
        return identifier

    def _made_for(self, run: Run, metrics: Metrics) -> str:
        """A run that was not tracked while it went on, such as an imported version's."""
        made = self._create(run)
        self._describe(made, run.parameters, run.tags)
        self._client.log_batch(made, metrics=_metrics(metrics))
        self._client.set_terminated(made, "FINISHED")
        return made

    def _experiment(self, model: str) -> str:
        name = self._settings.mlflow_experiment or model
        found = self._client.get_experiment_by_name(name)
        identifier: str = found.experiment_id if found else self._new_experiment(name)
        return identifier

    def _new_experiment(self, name: str) -> str:
        try:
            identifier: str = self._client.create_experiment(name, artifact_location(self._settings, name))
        except MlflowException:  # another process made it meanwhile
            found = self._client.get_experiment_by_name(name)
            if found is None:
                raise
            identifier = found.experiment_id
        return identifier

    def _points(self, run: str) -> set[int]:
        data = self._client.get_run(run).data
        return {point.step for name in data.metrics for point in self._client.get_metric_history(run, name)}

    def _describe(self, run: str, parameters: Parameters, tags: Tags) -> None:
        """Log parameters, which MLflow takes once only, and tags."""
        known = self._client.get_run(run).data.params
        new = {_name(name): str(value)[:LONGEST] for name, value in flatten(parameters).items()}
        missing = [Param(name, value) for name, value in new.items() if name not in known]
        for some in _batches(missing):
            self._client.log_batch(run, params=some)
        for some in _batches(RunTag(name, value[:LONGEST]) for name, value in tags.items()):
            self._client.log_batch(run, tags=some)

    def _keep(self, run: str, folder: Path, files: Iterable[str], place: str = "") -> None:
        for file in files:
            inside = Path(place, file).parent.as_posix()
            self._client.log_artifact(run, str(folder / file), None if inside == "." else inside)


def _metrics(metrics: Metrics, step: int = 0) -> list[Metric]:
    now = int(time.time() * 1000)
    return [Metric(_name(name), value, now, step) for name, value in metrics.items()]


def _name(name: str) -> str:
    return _ODD.sub("_", name)[:250]


def _plain(text: str) -> str:
    """A text that can stand between quotes."""
    return re.sub(r"['\"\\]", "_", text)


def _batches(things: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(things)
    while some := list(islice(rest, BATCH)):
        yield some
