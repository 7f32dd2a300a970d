"""A table's learning, told as a job's progress."""

from collections.abc import Callable

from rich.console import Console

from contract.jobs.documents import Progress
from training.steps import Steps
from training.tables.recipe import Recipe

Report = Callable[[Progress], None]
"""Takes note of progress; raises where the job has to stop."""


class WatchedSteps(Steps):
    """Steps that are reported after each fold, in tries of the search."""

    def __init__(self, console: Console, recipe: Recipe, report: Report) -> None:
        super().__init__(console)
        rule = recipe.cross_validation
        self._folds = rule.folds * rule.repeats
        self._report = report
        self._total = self._done = 0
        self._is_search = True

    def begin(self, step: str, total: int) -> None:
        """Begin a step; the first one is the search, whose folds are counted, then comes the fit."""
        super().begin(step, total)
        self._is_search = self._total == 0
        self._total = self._total or total
        self._tell()

    def advance(self, count: int) -> None:
        """Note that so many folds, or things of another step, are done."""
        super().advance(count)
        self._done += count if self._is_search else 0
        self._tell()

    def _tell(self) -> None:
        tries, done = max(1, self._total // self._folds), self._done // self._folds
        self._report(Progress(stage="training", step=min(done, tries) if self._is_search else tries, steps=tries))
