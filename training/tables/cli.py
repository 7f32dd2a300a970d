"""`trireme train <recipe>`. What learns is imported when it runs, not before."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer
from pydantic import ValidationError
from rich.console import Console

from contract.card import VersionCard
from training.console import tell
from training.data.cli import print_json
from training.errors import RequestInvalid
from training.run_store import RunStore
from training.settings import TrainingSettings
from training.tables.recipe import Recipe
from training.tables.recipes import load_recipe
from training.tracking.tracking import track_publication, tracking

if TYPE_CHECKING:
    from training.tables.dataset import TableData
    from training.tables.run import TableRunRecord

SearchKind = Literal["none", "grid", "random", "bayesian"]


@dataclass(frozen=True)
class Wishes:
    """What a user wants otherwise than the recipe says; None: as the recipe says."""

    seed: int | None = None
    search: SearchKind | None = None
    trials: int | None = None

    def apply(self, recipe: Recipe) -> Recipe:
        """The recipe with these wishes; raises `RequestInvalid` where they make it invalid."""
        content = recipe.model_dump()
        content["seed"] = recipe.seed if self.seed is None else self.seed
        content["search"]["kind"] = self.search or recipe.search.kind
        content["search"]["trials"] = self.trials or recipe.search.trials
        if self.search == "none":
            content["search"]["space"] = {}
        try:
            return Recipe.model_validate(content)
        except ValidationError as error:
            first = error.errors()[0]
            raise RequestInvalid(f"That doesn't fit the recipe: {first['msg'].lower()}.") from error


@dataclass(frozen=True)
class TableTraining:
    """Follows recipes, and tells what came of it."""

    settings: TrainingSettings
    features: Path | None = None
    """The folder that `trireme data features` wrote; without it, the rows come from the recipe's origin."""
    out: Path | None = None
    """Where the finished run's folder shall lie, instead of among all runs."""
    repository: Path | None = None
    """To publish into."""

    def run(self, name: str, wishes: Wishes, *, as_json: bool) -> None:
        """Follow the recipe of this name or file."""
        recipe = wishes.apply(load_recipe(name))
        console = Console(stderr=True)
        try:
            run = self._train(recipe, console)
        except KeyboardInterrupt:
            tell(console, "Interrupted; the run is gone.")
            raise typer.Exit(130) from None
        card = _publish(run, self.repository, self.settings, console) if self.repository else None
        _show(run, card, as_json=as_json)

    def _train(self, recipe: Recipe, console: Console) -> Path:
        from training.tables.checks import check_recipe  # noqa: PLC0415  see the module's docstring
        from training.tables.job import TableJob  # noqa: PLC0415
        from training.tables.learning import learn  # noqa: PLC0415

        check_recipe(recipe)  # before the data, which may take minutes
        runs = RunStore(self.settings.runs_dir)
        run = TableJob(self.settings, console, self._load, learn).run(recipe, runs)
        return runs.move(run, self.out) if self.out else run

    def _load(self, recipe: Recipe, settings: TrainingSettings, console: Console) -> "TableData":
        from training.tables.data.loading import load_data  # noqa: PLC0415  see the module's docstring
        from training.tables.data.table_features import read_table  # noqa: PLC0415

        return read_table(self.features, recipe) if self.features else load_data(recipe, settings, console)


def _publish(run: Path, repository: Path, settings: TrainingSettings, console: Console) -> VersionCard:
    from training.tables.publishing import publish_table  # noqa: PLC0415  see the module's docstring

    with tracking(settings, console) as tracker:
        publication = publish_table(run, repository, tell=partial(tell, console))
        track_publication(tracker, publication)
    return publication.card


def _show(run: Path, card: VersionCard | None, *, as_json: bool) -> None:
    from training.tables.run import TableRunRecord  # noqa: PLC0415  see the module's docstring

    record, version = TableRunRecord.read(run), card and str(card.name)
    if as_json:
        content: dict[str, Any] = record.model_dump(mode="json")
        return print_json({"run": record.id, "folder": str(run), "version": version, "record": content})
    published = f" Published as {version}." if version else ""
    return tell(Console(), f"Run {record.id}: {figures(record)}, in {run}.{published}")


def figures(record: "TableRunRecord") -> str:
    """The main figures of a run on its test rows, in a line."""
    evaluation = record.evaluation
    parts = [f"test accuracy {evaluation.accuracy:.2%}"]
    if evaluation.roc_auc is not None:
        parts.insert(0, f"ROC-AUC {evaluation.roc_auc:.4f}")
    if evaluation.binary is not None:
        parts += [f"KS {evaluation.binary.ks:.4f}", f"F1 {evaluation.binary.decided.f1:.3f} at the threshold"]
        parts[-1] += f" {evaluation.binary.threshold:.4g}"
    return ", ".join(parts)
