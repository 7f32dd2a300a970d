"""What a served model answers to many inputs."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.card import Output
from contract.decision import Decision
from contract.inputs import Input
from modelserver.temporary import TemporaryServer

IN_FLIGHT = 2
"""Batches under way at a time: one computes while the next one travels."""

Probabilities = NDArray[np.float32]
Tensors = NDArray[Any]
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Examples:
    """Inputs whose answers are known.

    `tensors` are uint8 [n, height, width, channels] of pictures, float32 [n, columns] of rows; `labels` int64 [n].
    """

    tensors: Tensors
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


def answers(
    server: TemporaryServer,
    name: str,
    tensors: Tensors,
    *,
    schema: Input,
    output: Output,
    batch: int,
    advance: Advance = lambda _: None,
) -> Probabilities:
    """Answers float32 [n, labels] to tensors as `Examples` has them, sent in batches.

    `advance` is told how many were answered since it was last called. Raises `CallFailed`.
    """

    def ask(start: int) -> Probabilities:
        part = tensors[start : start + batch]
        answer: Probabilities = server.infer(name, {schema.tensor: part}, [output.tensor])[output.tensor]
        return answer

    parts = []
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        for part in pool.map(ask, range(0, len(tensors), batch)):
            advance(len(part))
            parts.append(part)
    return np.concatenate(parts)


def accuracy(
    probabilities: Probabilities, truth: NDArray[np.int64], labels: Sequence[str], decision: Decision | None = None
) -> float:
    """Share of right answers, those of a decision where there is one; `truth` is int64 [n]."""
    from training.evaluation import answers as decided  # noqa: PLC0415 - scikit-learn takes a second to import

    return float(np.mean(decided(labels, probabilities, decision) == truth))
