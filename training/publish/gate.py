"""The conversion gate: what will be served answers as the trained model did, or it is not published."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.card import Gate, Output
from contract.decision import Decision
from contract.golden import GoldenExamples
from contract.inputs import ImageInput, Input, TableInput
from contract.names import ModelVersion
from contract.picture import to_tensor
from modelserver.temporary import TemporaryServer
from training.publish.errors import GateFailed
from training.publish.judge import Judge

MAX_PROBABILITY_DIFFERENCE = 1e-4
"""How far a served probability may lie from the trained model's own, in float32."""
CLOSE_CALL = 1e-3
"""Where a picture's two best probabilities are nearer than this, the class may differ."""
CLOSE_DECISION = 1e-6
"""The same for rows; with a decision, how near its threshold a probability must be for the decision to differ."""
SINGLE_ROWS = 100
"""So many rows are sent one by one; all of them in batches."""
PICTURES = Judge(CLOSE_CALL)

Probabilities = NDArray[np.float32]
Tensors = NDArray[Any]


@dataclass(frozen=True)
class Golden:
    """Golden examples, and what they are examples of."""

    examples: GoldenExamples
    schema: Input
    output: Output
    decision: Decision | None = None

    @property
    def judge(self) -> Judge:
        """What counts as the same answer."""
        is_table = self.schema.kind == "table"
        return Judge(CLOSE_DECISION, self.output.labels, self.decision) if is_table else PICTURES

    @property
    def single(self) -> int:
        """How many are sent one by one."""
        return len(self.examples.bodies) if self.schema.kind == "image" else SINGLE_ROWS


def conversion_gate(repository: Path, name: ModelVersion, golden: Golden, *, batch: int) -> Gate:
    """Load the candidate in a real server of its own and send it the golden examples, one by one and in batches.

    The examples go the way of a user's: from the encoded picture or the row in JSON on, through the contract's
    preprocessing. Raises `GateFailed` with the first deviation.
    """
    tensors, expected, judge = preprocess(golden.examples, golden.schema), golden.examples.probabilities, golden.judge
    with TemporaryServer(repository, [name]) as server:
        single = _answers(server, name, golden, tensors[: golden.single], 1)
        batched = _answers(server, name, golden, tensors, batch)
        version = server.version
    worst = max(compare(answers, expected[: len(answers)], judge) for answers in (single, batched))
    return Gate(
        name="conversion",
        passed=True,
        examples=len(tensors),
        server=f"Triton {version}",
        measured={"max_probability_difference": worst},
        limits={"max_probability_difference": MAX_PROBABILITY_DIFFERENCE, "close_call": judge.close_call},
    )


def preprocess(golden: GoldenExamples, schema: Input) -> Tensors:
    """Make the tensors anew from the bodies; raises `GateFailed` unless they are the recorded ones, bit for bit."""
    tensors = _rows(golden, schema) if isinstance(schema, TableInput) else _pictures(golden, schema)
    differs = (tensors != golden.tensors) & ~_both_missing(tensors, golden.tensors)
    different = np.flatnonzero(differs.reshape(len(tensors), -1).any(axis=1))
    if different.size:
        raise GateFailed(f"Preprocessing turns golden example {different[0]} into another tensor than in training.")
    return tensors


def _pictures(golden: GoldenExamples, schema: ImageInput) -> Tensors:
    return np.stack([to_tensor(body, schema) for body in golden.bodies])


def _rows(golden: GoldenExamples, schema: TableInput) -> Tensors:
    from contract.json_rows import read_json  # noqa: PLC0415 - as below
    from contract.table import Encoder  # noqa: PLC0415 - pyarrow's compute functions, which pictures don't need

    encoded = Encoder(schema).rows([read_json(body) for body in golden.bodies])
    for problem in encoded.problems:
        raise GateFailed(f"Golden example {problem.row} breaks a rule of its column {problem.column!r}.")
    return encoded.features


def _both_missing(one: Tensors, other: Tensors) -> NDArray[np.bool_]:
    return np.isnan(one) & np.isnan(other)


def compare(answers: Probabilities, expected: Probabilities, judge: Judge = PICTURES) -> float:
    """The largest difference of a probability; raises `GateFailed` where it or the class is out of bounds."""
    differences = np.abs(answers - expected).max(axis=1)
    # Not `>`: a NaN is out of bounds too.
    if not (differences <= MAX_PROBABILITY_DIFFERENCE).all():
        index = int(np.argmax(np.nan_to_num(differences, nan=np.inf)))
        raise GateFailed(
            f"Golden example {index} differs by {differences[index]:.2g} in a probability; "
            f"allowed is {MAX_PROBABILITY_DIFFERENCE:.0e}."
        )
    wrong = np.flatnonzero(judge.is_clear(expected) & (judge.answers(answers) != judge.answers(expected)))
    if wrong.size:
        raise GateFailed(f"Golden example {wrong[0]} gets another class than from the trained model.")
    return float(differences.max())


def _answers(
    server: TemporaryServer, name: ModelVersion, golden: Golden, tensors: Tensors, batch: int
) -> Probabilities:
    given, wanted = golden.schema.tensor, golden.output.tensor
    parts = [
        server.infer(name, {given: tensors[start : start + batch]}, [wanted])[wanted]
        for start in range(0, len(tensors), batch)
    ]
    return np.concatenate(parts)
