"""What is measured is what a real Triton answers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from contract.errors import VersionDamaged
from contract.names import ModelVersion
from contract.repository import LABELS, ModelRepository
from tests.support.table_versions import DECISION, make_table_version, risk
from tests.support.versions import make_version
from training.engines.served import Examples
from training.evaluating.asking import in_blocks
from training.evaluating.errors import NothingToEvaluate
from training.evaluating.measuring import measure

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One version that takes pictures and one that takes rows."""
    root = tmp_path_factory.mktemp("evaluating")
    make_version(root, "pets", labels=("cat", "dog"))
    make_table_version(root)
    return root


def rows(count: int) -> Examples:
    """Rows of which the more risky ones are more often bad."""
    features = np.column_stack(
        [
            RANDOM.integers(18, 99, count),
            RANDOM.uniform(0, 5000, count),
            RANDOM.integers(0, 2, count),
            RANDOM.integers(0, 3, count),
        ]
    ).astype(np.float32)
    return Examples(features, (RANDOM.random(count) < risk(features)).astype(np.int64))


def test_rows_are_measured_by_the_version_s_own_decision(repository: Path) -> None:
    card = ModelRepository(repository).card(ModelVersion("credit", 1))
    examples, done = rows(150), [0]
    found = measure(repository, card, in_blocks(examples, 64), split="batches", advance=done.append)
    decided = risk(examples.tensors) >= DECISION.threshold
    assert found.evaluation.accuracy == pytest.approx(np.mean(decided == examples.labels))
    assert found.evaluation.binary is not None
    assert found.evaluation.binary.threshold == DECISION.threshold
    assert found.evaluation.examples == sum(done) == 150
    assert [curve.label for curve in found.curves] == ["good", "bad"]
    assert found.server.startswith("Triton 2.")


def test_pictures_of_two_labels_have_binary_figures_and_one_digest_in_any_blocks(repository: Path) -> None:
    card = ModelRepository(repository).card(ModelVersion("pets", 1))
    pictures = RANDOM.integers(0, 256, (40, 32, 32, 3)).astype(np.uint8)
    examples = Examples(pictures, RANDOM.integers(0, 2, 40))
    found = measure(repository, card, in_blocks(examples, 32), split="test")
    again = measure(repository, card, in_blocks(examples, 7), split="test")
    assert found.digest == again.digest
    assert found.evaluation == again.evaluation
    assert found.evaluation.binary is not None
    assert (found.evaluation.binary.positive, found.evaluation.binary.threshold) == ("dog", 0.5)


def test_without_examples_there_is_nothing_to_measure(repository: Path) -> None:
    card = ModelRepository(repository).card(ModelVersion("credit", 1))
    with pytest.raises(NothingToEvaluate):
        measure(repository, card, iter(()), split="batches")


def test_an_example_that_can_t_be_made_ends_the_evaluation(repository: Path) -> None:
    def blocks() -> Iterator[Examples]:
        yield from in_blocks(rows(64), 64)
        raise RuntimeError("the store is away")

    card = ModelRepository(repository).card(ModelVersion("credit", 1))
    with pytest.raises(RuntimeError, match="away"):
        measure(repository, card, blocks(), split="batches")


def test_a_damaged_version_is_not_measured(tmp_path: Path) -> None:
    name = make_table_version(tmp_path)
    (tmp_path / str(name) / LABELS).write_text("bad\ngood\n")
    with pytest.raises(VersionDamaged):
        measure(tmp_path, ModelRepository(tmp_path).card(name), in_blocks(rows(8), 8), split="test")
