"""Starting and resuming training runs: what the command line, and later the retrain job, call."""

from pathlib import Path

from rich.console import Console

from training import backend
from training.console import tell
from training.data.catalog import Catalog
from training.errors import RunFinished, RunUnknown
from training.job import TrainingJob
from training.plan import RunPlan
from training.request import TrainingRequest
from training.run_store import RunStore
from training.runs import RECORD
from training.settings import TrainingSettings


class Training:
    """Trains models as the settings say, and tells the console how it goes."""

    def __init__(self, settings: TrainingSettings, console: Console) -> None:
        backend.wake(settings.threads)
        self._settings = settings
        self._console = console
        self._catalog = Catalog(settings, console)
        self.runs = RunStore(settings.runs_dir)

    def start(self, request: TrainingRequest, data_dir: Path | None = None) -> Path:
        """Do a new run; returns its finished folder. Raises `TriremeError`s for all that can go wrong."""
        request.check()
        for run in self.runs.unfinished(request.model):
            tell(self._console, f"Run {run} is unfinished; `--resume {run}` would go on with it.")
        data = self._catalog.load(request.source, size=request.size, data_dir=data_dir)
        plan = request.plan(self.runs.new_id(), data, backend.precision(self._settings))
        self.runs.create(plan)
        tell(self._console, f"Run {plan.id}: {plan.architecture} in {plan.precision} on {backend.hardware()}.")
        return TrainingJob(plan, data, self._settings, self._console).run(self.runs)

    def resume(self, model: str, run: str, data_dir: Path | None = None) -> Path:
        """Go on with a model's run that was interrupted; returns its finished folder.

        Everything that the next step depends on comes from the checkpoint, so the outcome is that of a run that was
        never interrupted, as far as two runs agree at all: see `training.backend.make_repeatable`.
        Raises `RunUnknown`, `RunFinished` and all that `TrainingJob.run` raises.
        """
        folder = self.runs.folder(run)
        if (folder / RECORD).exists():
            raise RunFinished(f"The training run {run} is finished already.")
        plan = RunPlan.read(folder)
        if plan.model != model:
            raise RunUnknown(f"The training run {run} is one of model {plan.model!r}, not {model!r}.")
        data = self._catalog.load(plan.source, size=plan.input.height, data_dir=data_dir)
        tell(self._console, f"Going on with run {run}.")
        return TrainingJob(plan, data, self._settings, self._console).run(self.runs)
