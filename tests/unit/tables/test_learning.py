import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from tests.support import mixed_table
from tests.unit.tables.conftest import Learn
from training.evaluation import answers, evaluate
from training.settings import TrainingSettings
from training.steps import Steps
from training.tables.dataset import TableSplit
from training.tables.learning import learn

KINDS = ("random_forest", "lightgbm", "logistic_regression")
HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"
"""What a terminal is told of its cursor."""
COSTLY = {"threshold": "cost", "cost": {"false_positive": 1, "false_negative": 10}}


@pytest.mark.parametrize("validation", [0, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_a_recipe_is_learned_with_all_its_figures(learned: Learn, kind: str, validation: int) -> None:
    data = mixed_table.data(validation=validation)
    recipe = mixed_table.recipe(kind, calibration="sigmoid", decision={"threshold": "f1"})
    found = learned(recipe, data)
    assert (found.evaluation.roc_auc or 0) > 0.7
    assert found.evaluation.examples == len(data.test)
    assert np.array_equal(found.test_probabilities, found.fitted.probabilities(data.test.features))
    assert len(found.trials) == 1
    assert np.mean(found.trials[0].scores) > 0.7
    assert found.decision is not None
    assert found.evaluation.binary is not None
    assert found.evaluation.binary.threshold == found.decision.threshold
    assert set(found.importance) == set(data.schema.names)


def test_more_labels_than_two_are_learned_too(learned: Learn) -> None:
    found = learned(mixed_table.recipe("lightgbm", labels=3), mixed_table.data(labels=3))
    assert found.test_probabilities.shape == (120, 3)
    assert (found.decision, found.evaluation.binary) == (None, None)
    assert found.evaluation.accuracy > 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_learns_the_same_bits_with_any_number_of_threads(kind: str, console: Console) -> None:
    recipe, data = mixed_table.recipe(kind, decision={"threshold": "f1"}), mixed_table.data()
    first, second = (learn(recipe, data, TrainingSettings(threads=threads), console) for threads in (1, 2))
    assert first.fitted.to_onnx() == second.fitted.to_onnx()
    assert first.importance == second.importance
    assert first.decision == second.decision


@pytest.mark.parametrize("kind", ["random_forest", "lightgbm"])
def test_another_seed_learns_another_model(learned: Learn, kind: str) -> None:
    parameters = {"subsample": 0.5, "subsample_freq": 1} if kind == "lightgbm" else {}
    recipe = mixed_table.recipe(kind, estimator={"parameters": parameters})
    found = [learned(recipe.model_copy(update={"seed": seed}), mixed_table.data()) for seed in (0, 1)]
    assert found[0].fitted.to_onnx() != found[1].fitted.to_onnx()


@pytest.mark.parametrize("validation", [0, 100])
def test_test_rows_decide_nothing(learned: Learn, validation: int) -> None:
    data = mixed_table.data(validation=validation)
    turned = replace(data, test=TableSplit(data.test.features[::-1].copy(), data.test.targets, data.test.rows))
    recipe = mixed_table.recipe("lightgbm", calibration="sigmoid", decision=COSTLY, estimator={"early_stopping": 3})
    first, second = learned(recipe, data), learned(recipe, turned)
    assert first.evaluation != second.evaluation
    assert first.fitted.to_onnx() == second.fitted.to_onnx()
    assert first.decision == second.decision


def test_validation_rows_decide_the_threshold_where_there_are_some(learned: Learn) -> None:
    data = mixed_table.data(validation=100)
    assert data.validation is not None
    wrong = replace(data, validation=replace(data.validation, targets=1 - data.validation.targets))
    recipe = mixed_table.recipe(decision={"threshold": "f1"})
    assert learned(recipe, data).decision != learned(recipe, wrong).decision


def test_costly_misses_lower_the_threshold(learned: Learn) -> None:
    def threshold(decision: dict[str, Any]) -> float:
        decided = learned(mixed_table.recipe(decision=decision), mixed_table.data()).decision
        assert decided is not None
        return decided.threshold

    cheap = {"threshold": "cost", "cost": {"false_positive": 10, "false_negative": 1}}
    assert threshold(COSTLY) < threshold({"threshold": "f1"}) < threshold(cheap)


@pytest.mark.parametrize("validation", [0, 100])
def test_boosting_that_stops_early_keeps_fewer_rounds(learned: Learn, validation: int) -> None:
    stopping = {"early_stopping": 3, "parameters": {"n_estimators": 300, "learning_rate": 0.5}}
    found = learned(mixed_table.recipe("lightgbm", estimator=stopping), mixed_table.data(validation=validation))
    rounds = found.parameters["n_estimators"]
    assert isinstance(rounds, int)
    assert 0 < rounds < 100


@pytest.mark.parametrize("kind", KINDS)
def test_balanced_labels_raise_the_rare_ones_chance(learned: Learn, kind: str) -> None:
    data = mixed_table.data(train=400)
    rare = np.flatnonzero(data.train.targets == 1)[40:]
    kept = np.setdiff1d(np.arange(400), rare)
    few = replace(data, train=TableSplit(data.train.features[kept], data.train.targets[kept], data.train.rows))

    def chance(weights: str) -> float:
        parts = {"class_weights": weights, "parameters": {"max_depth": 2} if kind == "random_forest" else {}}
        return float(learned(mixed_table.recipe(kind, estimator=parts), few).test_probabilities[:, 1].mean())

    assert chance("balanced") > chance("none") + 0.1


def test_a_column_of_noise_is_less_important_than_any_other(learned: Learn) -> None:
    found = learned(mixed_table.recipe(), mixed_table.data(train=600, test=600)).importance
    assert list(found)[-1] == "noise"
    assert abs(found["noise"]) < 0.01
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert next(iter(found.values())) > 0.05


def test_a_regression_without_an_end_in_sight_is_told(learned: Learn, console: Console) -> None:
    learned(mixed_table.recipe(estimator={"parameters": {"max_iter": 2}}), mixed_table.data())
    assert "stopped after 2 iterations" in told(console)


def test_the_steps_are_told_one_line_each(learned: Learn, console: Console) -> None:
    search = {"kind": "grid", "space": {"C": [0.0001, 1.0]}}
    learned(mixed_table.recipe(search=search), mixed_table.data())
    lines = told(console).splitlines()
    assert lines[0] == "Search"
    assert lines[1].startswith("Try 1 is the best so far: roc_auc 0.")
    assert lines[2].endswith("with C 1")
    assert lines[-2:] == ["Fit on all training rows", "Importance of the columns"]


def test_ctrl_c_ends_a_search_and_its_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Steps, "advance", press)
    terminal = Console(file=io.StringIO(), force_terminal=True)
    with pytest.raises(KeyboardInterrupt):
        learn(mixed_table.recipe(), mixed_table.data(), TrainingSettings(threads=1), terminal)
    assert told(terminal).rfind(SHOWN) > told(terminal).rfind(HIDDEN) >= 0


def told(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_with_a_decision_the_figures_are_the_decisions(learned: Learn) -> None:
    data = mixed_table.data()
    found = learned(mixed_table.recipe(decision={"threshold": 0.9}), data)
    chance = found.test_probabilities[:, 1].astype(np.float64)
    assert found.evaluation.accuracy == np.mean((chance >= 0.9) == (data.test.targets == 1))
    assert found.evaluation.confusion[1][1] == np.sum((chance >= 0.9) & (data.test.targets == 1))
    plain = evaluate("test", data.labels, data.test.targets, found.test_probabilities)
    assert plain.accuracy == np.mean(answers(data.labels, found.test_probabilities) == data.test.targets)
    assert plain.accuracy != found.evaluation.accuracy


def test_the_positive_label_may_be_the_first(learned: Learn) -> None:
    data = mixed_table.data()
    recipe = mixed_table.recipe(decision={"threshold": "f1"})
    target = recipe.target.model_copy(update={"positive": "good"})
    found = learned(recipe.model_copy(update={"target": target}), data)
    assert found.decision is not None
    assert found.decision.positive == "good"
    taken = answers(data.labels, found.test_probabilities, found.decision)
    good = found.test_probabilities[:, 0].astype(np.float64) >= found.decision.threshold
    assert np.array_equal(taken == 0, good)
