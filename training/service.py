"""Starting and resuming training runs: what the command line, and later the retrain job, call."""

from pathlib import Path

from rich.console import Console

from contract.files import write_atomically
from training import backend
from training.architectures import architecture
from training.conditions import ALONE, Conditions
from training.console import tell
from training.data.catalog import Catalog
from training.data.dataset import DataSet
from training.data.storage import storage_errors
from training.errors import RunFinished, RunUnknown
from training.job import TrainingJob, shape_of
from training.parent import Start
from training.plan import RunPlan
from training.request import TrainingRequest
from training.run_store import RunStore
from training.runs import RECORD, SKIPPED, START
from training.settings import TrainingSettings


class Training:
    """Trains models as the settings say, and tells the console how it goes."""

    def __init__(self, settings: TrainingSettings, console: Console) -> None:
        backend.wake(settings.threads)
        self._settings = settings
        self._console = console
        self._catalog = Catalog(settings, console)
        self.runs = RunStore(settings.runs_dir)

    def start(self, request: TrainingRequest, data_dir: Path | None = None, conditions: Conditions = ALONE) -> Path:
        """Do a new run; returns its finished folder. Raises `TriremeError`s for all that can go wrong."""
        request.check()
        for run in self.runs.unfinished(request.model):
            tell(self._console, f"Run {run} is unfinished; `--resume {run}` would go on with it.")
        start = request.parent.start() if request.parent else None
        data = conditions.data or self._catalog.load(
            request.source, size=request.size, data_dir=data_dir, max_bad=request.max_bad
        )
        plan = request.plan(conditions.run or self.runs.new_id(), data, backend.precision(self._settings))
        if start:
            start.give_to(architecture(plan.architecture).build(shape_of(data, start)), data.labels)  # or raise
        self._create(plan, data, start)
        self._describe(plan)
        return TrainingJob(plan, data, self._settings, self._console, start, conditions=conditions).run(self.runs)

    def resume(self, model: str, run: str, data_dir: Path | None = None, conditions: Conditions = ALONE) -> Path:
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
        data = conditions.data or self._catalog.load(
            plan.source, size=plan.input.height, data_dir=data_dir, max_bad=plan.max_bad
        )
        start = Start.read(folder / START) if plan.parent else None
        tell(self._console, f"Going on with run {run}.")
        return TrainingJob(plan, data, self._settings, self._console, start, conditions=conditions).run(self.runs)

    def _describe(self, plan: RunPlan) -> None:
        begins = f", fine-tuned from {plan.parent}" if plan.parent else ""
        tell(self._console, f"Run {plan.id}: {plan.architecture} in {plan.precision} on {backend.hardware()}{begins}.")
        if plan.class_weights:
            weights = ", ".join(
                f"{label} {weight:.3g}" for label, weight in zip(plan.labels, plan.class_weights, strict=True)
            )
            tell(self._console, f"Labels are of unequal numbers, and count in the loss as: {weights}.")

    def _create(self, plan: RunPlan, data: DataSet, start: Start | None) -> None:
        folder = self.runs.create(plan)
        with storage_errors(folder):
            if start:
                start.write(folder / START)
            if data.skipped:
                lines = "".join(f"{skipped.name}\t{skipped.reason}\n" for skipped in data.skipped)
                write_atomically(folder / SKIPPED, lines.encode())
