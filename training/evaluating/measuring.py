"""The figures of a version by what a server of its own answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from contract.card import VersionCard
from contract.jobs.documents import Curve
from contract.metrics import Evaluation
from contract.repository import ModelRepository
from contract.target import read_target
from modelserver.temporary import TemporaryServer
from training.engines.served import Advance, Examples
from training.evaluating.asking import Answered, answered
from training.evaluating.curves import curves
from training.evaluation import evaluate, evaluate_evenly


@dataclass(frozen=True)
class Measured:
    """What was measured, on which examples, and what answered."""

    evaluation: Evaluation
    curves: tuple[Curve, ...]
    digest: str
    server: str


def measure(
    repository: Path, card: VersionCard, blocks: Iterable[Examples], *, split: str, advance: Advance = lambda _: None
) -> Measured:
    """Serve a version as it would be served on this machine, and compare what it answers with the truth.

    The server is a Triton of its own, which ends with the evaluation. Raises `VersionDamaged`, the errors of a model
    server that doesn't start, `CallFailed` and `NothingToEvaluate`, and what making `blocks` raises.
    """
    ModelRepository(repository).verify(card.name)
    with TemporaryServer(repository, [card.name], target=read_target()) as server:
        found = answered(server, card, blocks, advance)
        version = server.version
    return Measured(
        evaluation=figures(card, found, split),
        curves=curves(card.output.labels, found.truth, found.probabilities),
        digest=found.digest,
        server=f"Triton {version}",
    )


def figures(card: VersionCard, found: Answered, split: str) -> Evaluation:
    """The figures of answers; those of a binary classifier wherever there are two labels.

    Where the version has no decision, the second label is the positive one, from a half on.
    """
    labels, truth, probabilities = card.output.labels, found.truth, found.probabilities
    if card.decision is None:
        return evaluate_evenly(split, labels, truth, probabilities)
    return evaluate(split, labels, truth, probabilities, card.decision)
