"""What an artefact's numbers mean: logits or probabilities, one column a label or one for both of two."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto

from training.importing.errors import SchemaUnclear

Kind = Literal["logits", "probabilities"]
Numbers = NDArray[np.float32]

TOLERANCE = 1e-3
"""How far probabilities of one picture may add up to something else than 1."""

_CHANGES_NO_NUMBER = frozenset({"Identity", "Cast", "Reshape", "Squeeze", "Flatten", "Unsqueeze"})


def columns(raw: Numbers, labels: tuple[str, ...]) -> Numbers:
    """The answers as float32 [n, columns]; raises `SchemaUnclear` unless they fit the labels."""
    flat = raw.reshape(len(raw), -1)
    count = flat.shape[1]
    if count != len(labels) and not (count == 1 and len(labels) == 2):
        raise SchemaUnclear(f"The model answers {count} number(s) a picture, and there are {len(labels)} labels.")
    return flat


def kind_of(last: str | None, said: Kind | None, numbers: Numbers) -> tuple[Kind, str]:
    """Whether the numbers [n, columns] are logits or probabilities, and how that is known.

    `last` is the graph's last operator (see `last_operator`), `said` what the spec says. Raises `SchemaUnclear` where
    they contradict each other, or nothing tells.
    """
    if last in {"Softmax", "Sigmoid"}:
        if said == "logits":
            raise SchemaUnclear(
                f"The spec says `output: logits`, and the graph ends in {last}: it gives probabilities."
            )
        kind, reason = "probabilities", f"the graph ends in {last}"
    elif said is not None:
        kind, reason = said, "the spec says so"
    else:
        kind, reason = _look(numbers)
    if kind == "probabilities" and not _are_probabilities(numbers):
        raise SchemaUnclear(
            f"The answers are no probabilities of one label among several, although {reason}; "
            "check `output` in the spec. Several labels a picture are not served."
        )
    return ("probabilities", reason) if kind == "probabilities" else ("logits", reason)


def probabilities(numbers: Numbers, kind: Kind) -> Numbers:
    """Probabilities float32 [n, labels] from numbers [n, columns]; one column is the second label's."""
    wide = numbers.astype(np.float64)
    if wide.shape[1] == 1:
        second = wide if kind == "probabilities" else 0.5 * (1 + np.tanh(wide / 2))
        return np.hstack([1 - second, second]).astype(np.float32)
    if kind == "probabilities":
        return numbers
    powers = np.exp(wide - wide.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def last_operator(graph: GraphProto, output: str) -> str | None:
    """The operator that makes an output's numbers: the last one that doesn't just hand them on."""
    makers = {name: node for node in graph.node for name in node.output}
    node = makers.get(output)
    while node is not None and node.op_type in _CHANGES_NO_NUMBER:
        node = makers.get(node.input[0])
    return None if node is None else node.op_type


def _look(numbers: Numbers) -> tuple[Kind, str]:
    if _are_probabilities(numbers) and numbers.shape[1] == 1:
        raise SchemaUnclear(
            "The answers lie between 0 and 1, which logits may do too; say `output: probabilities` or `output: logits`."
        )
    if _are_probabilities(numbers):
        return "probabilities", "they add up to 1 on each example"
    return "logits", "they don't add up to 1 on the examples" if numbers.shape[1] > 1 else "they leave 0 to 1"


def _are_probabilities(numbers: Numbers) -> bool:
    inside = bool(((numbers >= -TOLERANCE) & (numbers <= 1 + TOLERANCE)).all())
    return inside and (numbers.shape[1] == 1 or bool((abs(numbers.sum(axis=1) - 1) <= TOLERANCE).all()))
