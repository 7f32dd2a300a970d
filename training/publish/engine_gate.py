"""The engine gate: what will really serve answers the test examples as well as the trained model did."""

from pathlib import Path

from contract.card import Engine, Gate, Output
from contract.decision import Decision
from contract.inputs import Input
from contract.names import ModelVersion
from modelserver.temporary import TemporaryServer
from training.engines.served import Examples, accuracy, answers
from training.publish.errors import GateFailed

MAX_ACCURACY_LOSS = 0.002
"""How much of its test accuracy a version may lose by its engine: 0.2 points."""
ROUNDING = 1e-9
"""Differences of accuracies are differences of binary fractions."""


def engine_gate(
    repository: Path,
    name: ModelVersion,
    *,
    engine: Engine,
    schema: Input,
    output: Output,
    test: Examples,
    trained: float,
    decision: Decision | None = None,
) -> Gate:
    """Serve the candidate as it will be served here, and send it all test examples in full batches.

    `trained` is the trained model's own accuracy on them. Raises `GateFailed` where the served one is lower by more
    than `MAX_ACCURACY_LOSS`, or where another engine than `engine` answers.
    """
    with TemporaryServer(repository, [name], target=engine.tuned_for) as server:
        _check_engine(server, name, engine)
        given = answers(server, str(name), test.tensors, schema=schema, output=output, batch=engine.max_batch_size)
        version = server.version
    measured = accuracy(given, test.labels, output.labels, decision)
    check_loss(measured, trained)
    return Gate(
        name="engine",
        passed=True,
        examples=len(test),
        server=f"Triton {version}",
        measured={"accuracy": measured, "trained_accuracy": trained, "accuracy_loss": trained - measured},
        limits={"accuracy_loss": MAX_ACCURACY_LOSS},
    )


def check_loss(measured: float, trained: float) -> None:
    """Raise `GateFailed` where too much accuracy is lost."""
    if not trained - measured <= MAX_ACCURACY_LOSS + ROUNDING:
        raise GateFailed(
            f"The engine answers {measured:.2%} of the test examples rightly, the trained model {trained:.2%}; "
            f"allowed is a loss of {MAX_ACCURACY_LOSS:.1%}. Tune anew, or publish with --plain."
        )


def _check_engine(server: TemporaryServer, name: ModelVersion, engine: Engine) -> None:
    config = server.config(name)
    found = (config.backend, config.default_model_filename, len(config.parameters))
    if found != (engine.backend, engine.artefact.rpartition("/")[2], len(engine.parameters)):
        raise GateFailed(f"Triton serves {name} with another engine than the card will name.")
