"""Explanations are exact: they agree with LightGBM's own, and with all orders of columns tried out."""

from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from contract.columns import Column
from contract.errors import VersionDamaged
from contract.explaining.explanation import Explainer, Preparation
from contract.explaining.tree_paths import TreePaths
from contract.inputs import TableInput
from training.tables.explaining import paths as paths_module
from training.tables.explaining.boosting import boosted_paths
from training.tables.explaining.errors import Unexplained
from training.tables.explaining.features import Feature, Sources
from training.tables.explaining.forest import forest_paths
from training.tables.explaining.linear import linear_terms

SCHEMA = TableInput(
    columns=(
        Column(name="age", type="float", missing="nan"),
        Column(name="kind", type="category", allowed=("a", "b", "c", "d"), unknown="other", missing="nan"),
        Column(name="income", type="float", missing="nan"),
        Column(name="rate", type="float"),
    )
)
Rows = NDArray[np.float32]


def table(count: int = 600, seed: int = 0) -> tuple[Rows, NDArray[np.int64]]:
    chance = np.random.default_rng(seed)
    rows = chance.normal(size=(count, 4)).astype(np.float32)
    rows[:, 1] = chance.integers(0, 5, count)
    risk = rows[:, 0] * (rows[:, 1] == 2) + np.abs(rows[:, 2]) + 0.3 * rows[:, 3]
    for column in (0, 1, 2):
        rows[chance.random(count) < 0.1, column] = np.nan
    return rows, (np.nan_to_num(risk) + 0.3 * chance.normal(size=count) > 0.9).astype(np.int64)


def booster(rows: Rows, truth: NDArray[np.int64], **parameters: Any) -> lightgbm.Booster:
    settings = {"objective": "binary", "verbose": -1, "num_leaves": 15, "num_threads": 1, "min_data_in_leaf": 5}
    data = lightgbm.Dataset(rows, truth, categorical_feature=[1], params={"verbose": -1, "min_data_per_group": 5})
    return lightgbm.train({**settings, **parameters}, data, num_boost_round=30)


def explainer(model: Any, sources: Sources | None = None) -> Explainer:
    return Explainer((sources or Sources.plain(SCHEMA)).preparation, model)


@pytest.mark.parametrize("parameters", [{}, {"sigmoid": 2.0}, {"bagging_fraction": 0.5, "bagging_freq": 1}])
def test_contributions_are_those_of_lightgbm(parameters: dict[str, Any]) -> None:
    rows, truth = table()
    trained = booster(rows, truth, **parameters)
    explained = explainer(boosted_paths(trained.dump_model(), Sources.plain(SCHEMA)))
    expected = trained.predict(rows, pred_contrib=True) * parameters.get("sigmoid", 1.0)
    for row, wanted in zip(rows[:100], expected[:100], strict=True):
        base, found = explained.contributions(row)
        np.testing.assert_allclose([*found, base], wanted, atol=1e-6)


def test_contributions_add_up_to_the_log_odds() -> None:
    rows, truth = table()
    trained = booster(rows, truth)
    explained = explainer(boosted_paths(trained.dump_model(), Sources.plain(SCHEMA), factor=-0.5, offset=0.25))
    for row, margin in zip(rows[:50], trained.predict(rows[:50], raw_score=True), strict=True):
        base, found = explained.contributions(row)
        assert base + found.sum() == pytest.approx(0.25 - 0.5 * margin, abs=1e-9)


def known_value(forest: RandomForestClassifier, row: Rows, known: frozenset[int], sources: Sources) -> float:
    """The game that TreeSHAP explains, straight from its definition: unknown columns send rows both ways."""

    def below(tree: Any, node: int) -> float:
        if tree.children_left[node] < 0:
            return float(tree.value[node, 0, 1] / tree.value[node, 0].sum())
        feature = sources.features[tree.feature[node]]
        left, right = tree.children_left[node], tree.children_right[node]
        if feature.column in known:
            code = sources.missing if np.isnan(row[feature.column]) else row[feature.column]
            value = row[feature.column] if feature.code is None else float(code == feature.code)
            goes_left = bool(tree.missing_go_to_left[node]) if np.isnan(value) else value <= tree.threshold[node]
            return below(tree, left if goes_left else right)
        share = float(tree.weighted_n_node_samples[left] / tree.weighted_n_node_samples[node])
        return share * below(tree, left) + (1 - share) * below(tree, right)

    return float(np.mean([below(one.tree_, 0) for one in forest.estimators_]))


def shapley(forest: RandomForestClassifier, row: Rows, sources: Sources) -> list[float]:
    """By all sets of columns."""
    count = len(row)
    found = []
    for column in range(count):
        others = [other for other in range(count) if other != column]
        total = 0.0
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for known in map(frozenset, combinations(others, size)):
                gain = known_value(forest, row, known | {column}, sources) - known_value(forest, row, known, sources)
                total += weight * gain
        found.append(total)
    return found


ONE_HOT = Sources(
    SCHEMA,
    (Feature(0), *(Feature(1, code) for code in (0, 1, 2, 3, 5)), Feature(2), Feature(3)),
    Sources.plain(SCHEMA).preparation,
)


def one_hot(rows: Rows) -> Rows:
    codes = np.nan_to_num(rows[:, 1], nan=5)
    return np.column_stack([rows[:, 0], *(codes == code for code in (0, 1, 2, 3, 5)), rows[:, 2:]]).astype(np.float32)


@pytest.mark.parametrize(("sources", "prepare"), [(Sources.plain(SCHEMA), lambda rows: rows), (ONE_HOT, one_hot)])
def test_a_forest_s_contributions_are_the_shapley_values_of_its_columns(sources: Sources, prepare: Any) -> None:
    rows, truth = table()
    if sources is not ONE_HOT:  # scikit-learn's trees split codes as numbers
        columns = tuple(Column(name=column.name, type="float", missing="nan") for column in SCHEMA.columns)
        sources = Sources.plain(TableInput(columns=columns))
    forest = RandomForestClassifier(5, max_depth=6, random_state=0).fit(prepare(rows), truth)
    explained = explainer(forest_paths(forest, sources), sources)
    for row in rows[:12]:
        base, found = explained.contributions(row)
        np.testing.assert_allclose(found, shapley(forest, row, sources), atol=1e-12)
        assert base + found.sum() == pytest.approx(forest.predict_proba(prepare(row[None]))[0, 1], abs=1e-12)


def test_prepared_numbers_are_filled_and_scaled_before_they_are_explained() -> None:
    rows, truth = table()
    fill, centre, spread = (np.array(values, np.float32) for values in ((1, 9, 2, 0), (0.5, 0, 1, 0), (2, 1, 3, 1)))
    preparation = Preparation(np.where(SCHEMA_CODED, np.nan, fill).astype(np.float32), centre, spread)
    sources = Sources(SCHEMA, ONE_HOT.features, preparation)
    filled = np.where(np.isnan(rows) & ~SCHEMA_CODED, fill, rows)
    prepared = one_hot(((filled - centre) / spread).astype(np.float32))
    forest = RandomForestClassifier(5, max_depth=6, random_state=0).fit(prepared, truth)
    explained = explainer(forest_paths(forest, sources), sources)
    for row, wanted in zip(rows[:50], forest.predict_proba(prepared[:50])[:, 1], strict=True):
        base, found = explained.contributions(row)
        assert base + found.sum() == pytest.approx(wanted, abs=1e-12)


SCHEMA_CODED = np.array([column.type == "category" for column in SCHEMA.columns])


def test_a_linear_model_is_its_terms_around_their_means() -> None:
    rows, truth = table()
    fill = np.where(SCHEMA_CODED, np.nan, [0.25, 0, -1, 0]).astype(np.float32)
    sources = Sources(SCHEMA, ONE_HOT.features, Preparation(fill, np.zeros(4, np.float32), np.ones(4, np.float32)))
    prepared = one_hot(np.where(np.isnan(rows) & ~SCHEMA_CODED, fill, rows))
    model = LogisticRegression().fit(prepared, truth)
    explained = explainer(linear_terms(model.coef_[0], float(model.intercept_[0]), rows, sources), sources)
    margins = model.decision_function(prepared)
    for row, margin in zip(rows, margins, strict=True):
        base, found = explained.contributions(row)
        assert base + found.sum() == pytest.approx(margin, abs=1e-6)
    assert base == pytest.approx(margins.mean(), abs=1e-6)
    means = np.mean([explained.contributions(row)[1] for row in rows], axis=0)
    np.testing.assert_allclose(means, 0, atol=1e-6)


def test_what_was_written_explains_alike(tmp_path: Path) -> None:
    rows, truth = table()
    for model in (
        boosted_paths(booster(rows, truth).dump_model(), Sources.plain(SCHEMA)),
        linear_terms(np.arange(8.0), 1.0, rows, ONE_HOT),
    ):
        explained = explainer(model)
        explained.write(tmp_path / "explanation.npz")
        again = Explainer.read(tmp_path / "explanation.npz")
        assert again.method == explained.method
        np.testing.assert_array_equal(again.contributions(rows[0])[1], explained.contributions(rows[0])[1])


def test_a_file_that_is_no_explanation_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "explanation.npz"
    for content in (b"", b"PK\x03\x04nothing", b"\x80\x04."):
        path.write_bytes(content)
        with pytest.raises(VersionDamaged):
            Explainer.read(path)
    np.savez(path, method=np.array("magic"))
    with pytest.raises(VersionDamaged):
        Explainer.read(path)


def test_what_can_not_be_explained_exactly_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, truth = table()
    sources = Sources.plain(SCHEMA)
    with pytest.raises(Unexplained, match="zeros for missing"):
        boosted_paths(booster(rows, truth, zero_as_missing=True).dump_model(), sources)
    with pytest.raises(Unexplained, match="objective is regression"):
        boosted_paths(booster(rows, truth, objective="regression").dump_model(), sources)
    monkeypatch.setattr(paths_module, "MAX_CONDITIONS", 100)
    with pytest.raises(Unexplained, match="more than 100 conditions"):
        boosted_paths(booster(rows, truth).dump_model(), sources)


def test_a_tree_without_splits_is_part_of_the_base() -> None:
    rows, truth = table(40)
    trained = booster(rows, truth, min_data_in_leaf=40)
    paths = boosted_paths(trained.dump_model(), Sources.plain(SCHEMA))
    assert isinstance(paths, TreePaths)
    assert paths.base == pytest.approx(float(trained.predict(rows[:1], raw_score=True)[0]))
    np.testing.assert_array_equal(explainer(paths).contributions(rows[0])[1], np.zeros(4))
