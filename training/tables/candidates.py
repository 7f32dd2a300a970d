"""Which parameters a search tries next."""

from collections.abc import Generator, Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn.model_selection import ParameterGrid

from training.tables.recipe import Interval, Search, Value

Candidate = dict[str, Any]
Candidates = Generator[Candidate, float, None]
"""Gives parameters, and is sent how good they are; more is better."""


def candidates(search: Search, seed: int) -> Candidates:
    """The tries of a search in their order; `none` has one, without any parameter."""
    match search.kind:
        case "none":
            return _listed([{}])
        case "grid":
            return _listed(list(ParameterGrid({name: list(_values(values)) for name, values in search.space.items()})))
        case "random":
            return _sampled(search, optuna.samplers.RandomSampler(seed=seed))
        case "bayesian":
            return _sampled(search, optuna.samplers.TPESampler(seed=seed))


def count(search: Search) -> int:
    """How many tries a search makes at most."""
    match search.kind:
        case "none":
            return 1
        case "grid":
            return len(ParameterGrid({name: list(_values(values)) for name, values in search.space.items()}))
        case _:
            return search.trials


def _listed(candidates: list[Candidate]) -> Candidates:
    for candidate in candidates:
        _ = yield candidate  # nothing is learned from how good it was


def _sampled(search: Search, sampler: optuna.samplers.BaseSampler) -> Candidates:
    # Optuna tells of each study and try on stderr, which is the progress bar's.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    space = {name: _distribution(values) for name, values in search.space.items()}
    for _ in range(search.trials):
        trial = study.ask(space)
        study.tell(trial, (yield dict(trial.params)))


def _distribution(values: tuple[Value, ...] | Interval) -> BaseDistribution:
    if not isinstance(values, Interval):
        return CategoricalDistribution(values)
    if values.integer:
        return IntDistribution(int(values.low), int(values.high), log=values.log)
    return FloatDistribution(values.low, values.high, log=values.log)


def _values(values: tuple[Value, ...] | Interval) -> Mapping[str, Any] | tuple[Value, ...]:
    if isinstance(values, Interval):
        raise TypeError("a grid has no intervals; `training.tables.checks` refuses them")
    return values
