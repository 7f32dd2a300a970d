"""Decides about examples by their digests: which are new, and which are known, to the store or to the upload itself."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from contract.examples.batch import Use
from gateway.examples.digests import UNKNOWN, Codes, DigestTable, Keys
from gateway.examples.errors import ExampleRefused, ExamplesFull, LabelConflict, UsedOtherwise
from gateway.examples.index import ModelIndex, code


class Verdict(IntEnum):
    """What is to become of an example."""

    NEW = 0
    DUPLICATE = 1
    CONFLICT = 2
    OTHERWISE = 3


REFUSALS: Mapping[Verdict, type[ExampleRefused]] = MappingProxyType(
    {Verdict.CONFLICT: LabelConflict, Verdict.OTHERWISE: UsedOtherwise}
)


class Ledger:
    """One upload's view of what is there; what it accepts is there for the examples after."""

    def __init__(self, index: ModelIndex, use: Use, labels: tuple[str, ...], *, max_examples: int) -> None:
        self._known = index.known()
        self._own = DigestTable()
        self._codes = np.array([code(index.labels.place(label), use) for label in labels], np.int32)
        self._max_examples = max_examples
        self._left = max_examples - sum(entry.batch.examples for entry in index.in_effect)

    def judge(self, keys: Keys, labels: NDArray[np.int64]) -> NDArray[np.int8]:
        """A `Verdict` for each example, int8 [examples]; `labels` are places among the version's labels.

        Raises `ExamplesFull`.
        """
        codes = self._codes[labels]
        firsts, expected = self._expected(keys, codes)
        verdicts = np.full(len(keys), Verdict.CONFLICT, np.int8)
        verdicts[expected % 2 != codes % 2] = Verdict.OTHERWISE
        verdicts[expected == codes] = Verdict.DUPLICATE
        verdicts[firsts] = Verdict.NEW
        self._accept(keys[firsts], codes[firsts])
        return verdicts

    def _expected(self, keys: Keys, codes: Codes) -> tuple[NDArray[np.int64], Codes]:
        """The examples that are new, and for each example the number that its content has."""
        expected = self._known.find(keys)
        expected = np.where(expected == UNKNOWN, self._own.find(keys), expected)
        _, places, groups = np.unique(keys, return_index=True, return_inverse=True)
        firsts = places[expected[places] == UNKNOWN]
        return firsts, np.where(expected == UNKNOWN, codes[places[groups]], expected)

    def _accept(self, keys: Keys, codes: Codes) -> None:
        self._left -= len(keys)
        if self._left < 0:
            raise ExamplesFull(f"A model may have {self._max_examples:,} uploaded examples in effect.")
        if len(keys):
            self._own.add(keys, codes)
