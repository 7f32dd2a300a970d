"""What a server answers to examples that come in blocks: none of them is held longer than it takes."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.card import VersionCard
from modelserver.temporary import TemporaryServer
from training.engines.served import IN_FLIGHT, Advance, Examples, Probabilities
from training.evaluating.errors import NothingToEvaluate

Ask = Callable[[Examples], Probabilities]


@dataclass(frozen=True)
class Answered:
    """True labels int64 [n], and what the server answered, float32 [n, labels]."""

    truth: NDArray[np.int64]
    probabilities: Probabilities
    digest: str
    """SHA-256 of the examples, in hexadecimal: of their shape, tensors and labels, in whatever blocks they came."""


def answered(
    server: TemporaryServer, card: VersionCard, blocks: Iterable[Examples], advance: Advance = lambda _: None
) -> Answered:
    """Send blocks of at most the engine's batch size, a few at a time.

    `advance` is told after each block how many examples that were. Raises `CallFailed`, and `NothingToEvaluate` where
    there is none.
    """

    def ask(block: Examples) -> Probabilities:
        answer = server.infer(card.name, {card.input.tensor: block.tensors}, [card.output.tensor])
        found: Probabilities = answer[card.output.tensor]
        return found

    truth: list[NDArray[np.int64]] = []
    parts: list[Probabilities] = []
    seal = _Seal()
    for block, part in _in_flight(ask, blocks):
        seal.add(block)
        truth.append(block.labels)
        parts.append(part)
        advance(len(block))
    if not parts:
        raise NothingToEvaluate("There is no example to evaluate on.")
    return Answered(np.concatenate(truth), np.concatenate(parts), seal.digest)


def in_blocks(examples: Examples, size: int) -> Iterator[Examples]:
    """Examples in blocks of at most `size`."""
    for start in range(0, len(examples), size):
        block = slice(start, start + size)
        yield Examples(examples.tensors[block], examples.labels[block])


def _in_flight(ask: Ask, blocks: Iterable[Examples]) -> Iterator[tuple[Examples, Probabilities]]:
    """Each block with its answer, in order; the next block is made when one of those under way is done."""
    waiting: deque[tuple[Examples, Future[Probabilities]]] = deque()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        for block in blocks:
            waiting.append((block, pool.submit(ask, block)))
            if len(waiting) == IN_FLIGHT:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)


def _first(waiting: deque[tuple[Examples, Future[Probabilities]]]) -> tuple[Examples, Probabilities]:
    block, future = waiting.popleft()
    return block, future.result()


class _Seal:
    def __init__(self) -> None:
        self._tensors, self._labels = hashlib.sha256(), hashlib.sha256()
        self._shape: tuple[int, ...] = ()

    def add(self, block: Examples) -> None:
        self._shape = block.tensors.shape[1:]
        self._tensors.update(np.ascontiguousarray(block.tensors).data)
        self._labels.update(np.ascontiguousarray(block.labels, "<i8").data)

    @property
    def digest(self) -> str:
        parts = (repr(self._shape).encode(), self._tensors.digest(), self._labels.digest())
        return hashlib.sha256(b"".join(parts)).hexdigest()
