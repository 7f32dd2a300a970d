"""Searching an estimator's parameters, each try judged by cross-validation."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.steps import Steps
from training.tables.candidates import Candidate, Candidates, candidates
from training.tables.cross_validation import Validated
from training.tables.learned import Trial
from training.tables.recipe import Recipe
from training.tables.scores import utility


@dataclass(frozen=True)
class Found:
    """The best try, and all of them."""

    best: Trial
    validated: Validated
    """Of the best one."""
    trials: tuple[Trial, ...]


class ParameterSearch:
    """A recipe's search while it runs; `validate` cross-validates parameters."""

    def __init__(
        self,
        recipe: Recipe,
        validate: Callable[[Candidate], Validated],
        steps: Steps,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recipe = recipe
        self._validate = validate
        self._steps = steps
        self._clock = clock
        self._trials: list[Trial] = []
        self._best: tuple[Trial, Validated] | None = None

    def run(self) -> Found:
        """Try until there is nothing left to try, or until the budget is spent; one try is always made."""
        begun = self._clock()
        wishes = candidates(self._recipe.search, self._recipe.seed)
        candidate = next(wishes, None)
        while candidate is not None:
            candidate = _following(wishes, self._worth(candidate))
            if candidate is not None and self._is_spent(self._clock() - begun):
                break
        if self._best is None:
            raise RuntimeError("a search without any candidate")
        return Found(self._best[0], self._best[1], tuple(self._trials))

    def _is_spent(self, seconds: float) -> bool:
        budget = self._recipe.search.budget_s
        if budget is None or seconds < budget:
            return False
        self._steps.note(f"The search's budget of {budget:g} s is spent after {len(self._trials)} tries.")
        return True

    def _worth(self, candidate: Candidate) -> float:
        """How good a candidate is; one that was tried before is not tried again."""
        parameters = {**self._recipe.estimator.parameters, **candidate}
        known = next((trial for trial in self._trials if trial.parameters == parameters), None)
        return self._utility(known or self._try(parameters))

    def _try(self, parameters: Candidate) -> Trial:
        begun = self._clock()
        validated = self._validate(parameters)
        trial = Trial(parameters, validated.metrics, self._clock() - begun)
        self._trials.append(trial)
        if self._best is None or self._utility(trial) > self._utility(self._best[0]):
            self._best = trial, validated
            self._tell(trial)
        return trial

    def _utility(self, trial: Trial) -> float:
        return utility(self._recipe.cross_validation.metric, trial.scores)

    def _tell(self, trial: Trial) -> None:
        metric = self._recipe.cross_validation.metric
        figures = f"{metric} {np.mean(trial.scores):.4f} ± {np.std(trial.scores):.4f}"
        if self._recipe.search.kind == "none":
            self._steps.note(f"Cross-validation: {figures}")
            return
        chosen = ", ".join(f"{name} {_short(trial.parameters[name])}" for name in self._recipe.search.space)
        self._steps.describe(f"Search, best {metric} {np.mean(trial.scores):.4f}")
        self._steps.note(f"Try {len(self._trials)} is the best so far: {figures} with {chosen}")


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _following(wishes: Candidates, worth: float) -> Candidate | None:
    try:
        return wishes.send(worth)
    except StopIteration:
        return None
