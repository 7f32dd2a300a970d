"""The conversion gate: what will be served answers as the trained model did, or it is not published."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contract.card import Gate, Output
from contract.golden import GoldenExamples
from contract.inputs import ImageInput
from contract.names import ModelVersion
from contract.picture import to_tensor
from modelserver.temporary import TemporaryServer
from training.publish.errors import GateFailed

MAX_PROBABILITY_DIFFERENCE = 1e-4
"""How far a served probability may lie from the trained model's own, in float32."""
CLOSE_CALL = 1e-3
"""Where the two best probabilities are nearer than this, the class may differ."""

Probabilities = NDArray[np.float32]
Tensors = NDArray[np.uint8]
Ends = tuple[str, str]


def conversion_gate(
    repository: Path, name: ModelVersion, *, schema: ImageInput, output: Output, golden: GoldenExamples, batch: int
) -> Gate:
    """Load the candidate in a real server of its own and send it the golden examples, one by one and in batches.

    The examples go the way of a user's picture: from the encoded bytes on, through the contract's preprocessing.
    Raises `GateFailed` with the first deviation.
    """
    tensors, ends = preprocess(golden, schema), (schema.tensor, output.tensor)
    with TemporaryServer(repository, [name]) as server:
        single = _answers(server, name, ends, tensors, 1)
        batched = _answers(server, name, ends, tensors, batch)
        version = server.version
    worst = max(compare(answers, golden.probabilities) for answers in (single, batched))
    return Gate(
        name="conversion",
        passed=True,
        examples=len(tensors),
        server=f"Triton {version}",
        measured={"max_probability_difference": worst},
        limits={"max_probability_difference": MAX_PROBABILITY_DIFFERENCE, "close_call": CLOSE_CALL},
    )


def preprocess(golden: GoldenExamples, schema: ImageInput) -> Tensors:
    """Make the tensors anew from the encoded pictures; raises `GateFailed` unless they are the recorded ones."""
    tensors = np.stack([to_tensor(body, schema) for body in golden.bodies])
    different = np.flatnonzero((tensors != golden.tensors).reshape(len(tensors), -1).any(axis=1))
    if different.size:
        raise GateFailed(f"Preprocessing turns golden example {different[0]} into another tensor than in training.")
    return tensors


def compare(answers: Probabilities, expected: Probabilities) -> float:
    """The largest difference of a probability; raises `GateFailed` where it or the class is out of bounds."""
    differences = np.abs(answers - expected).max(axis=1)
    # Not `>`: a NaN is out of bounds too.
    if not (differences <= MAX_PROBABILITY_DIFFERENCE).all():
        index = int(np.argmax(np.nan_to_num(differences, nan=np.inf)))
        raise GateFailed(
            f"Golden example {index} differs by {differences[index]:.2g} in a probability; "
            f"allowed is {MAX_PROBABILITY_DIFFERENCE:.0e}."
        )
    best = np.sort(expected, axis=1)[:, -2:]
    clear = best[:, 1] - best[:, 0] >= CLOSE_CALL
    wrong = np.flatnonzero(clear & (answers.argmax(axis=1) != expected.argmax(axis=1)))
    if wrong.size:
        raise GateFailed(f"Golden example {wrong[0]} gets another class than from the trained model.")
    return float(differences.max())


def _answers(server: TemporaryServer, name: ModelVersion, ends: Ends, tensors: Tensors, batch: int) -> Probabilities:
    given, wanted = ends
    parts = [
        server.infer(name, {given: tensors[start : start + batch]}, [wanted])[wanted]
        for start in range(0, len(tensors), batch)
    ]
    return np.concatenate(parts)
