"""Problems of a table's values, counted, the first of them kept, all of them written to a file."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from contract.files import write_atomically
from contract.table import CellProblem
from training.data.storage import storage_errors

Places = NDArray[np.int64]
SHOWN = 10
KEPT = 100_000
WORDS = {
    "type": "of another type",
    "range": "out of range",
    "allowed": "none of the allowed values",
    "missing": "missing",
    "infinity": "infinite",
    "duplicate-id": "an id that was there before",
    "columns": "a row with too few or too many values",
}
"""What the rules say of a value that breaks them."""


class Problems:
    """Collects the problems of one table. Rows are counted from 0 within, and from 1 for people."""

    def __init__(self) -> None:
        self.first: list[CellProblem] = []
        self.by_rule: Counter[tuple[str, str]] = Counter()
        """How many there are of each column and rule."""
        self._rows: set[int] = set()

    def __len__(self) -> int:
        return sum(self.by_rule.values())

    @property
    def rows(self) -> int:
        """How many rows have problems."""
        return len(self._rows)

    def add(self, problems: Iterable[CellProblem]) -> None:
        """Count these."""
        for problem in problems:
            self.by_rule[problem.column, problem.rule] += 1
            self._rows.add(problem.row)
            if len(self.first) < KEPT:
                self.first.append(problem)

    def sentence(self) -> str:
        """The most frequent kinds of problems, in part of a sentence."""
        kinds = [f"{column or 'the row'}: {WORDS[rule]} ({n:,})" for (column, rule), n in self.by_rule.most_common(3)]
        return "; ".join(kinds) + ("; …" if len(self.by_rule) > len(kinds) else "")

    def show(self, console: Console) -> None:
        """Print the first ones as a table."""
        table = Table("row", "column", "value", "rule")
        for problem in self._ordered()[:SHOWN]:
            table.add_row(f"{problem.row + 1:,}", problem.column, problem.value, WORDS[problem.rule])
        if len(self) > SHOWN:
            table.add_row("…", "", "", f"and {len(self) - SHOWN:,} more")
        console.print(table)

    def write(self, path: Path) -> None:
        """Write a line of JSON for each, the first 100,000 of them; rows are counted from 1."""
        lines = (json.dumps(_document(problem)) for problem in self._ordered())
        with storage_errors(path.parent):
            write_atomically(path, "".join(f"{line}\n" for line in lines).encode())

    def _ordered(self) -> list[CellProblem]:
        return sorted(self.first, key=lambda problem: problem.row)


class RowNumbers:
    """The places of rows in a table from which ragged rows were left out."""

    def __init__(self) -> None:
        self._next = 0
        self._told = 0

    def of(self, count: int, ragged: Sequence[int]) -> Places:
        """The places, from 0, of the next `count` rows, int64 [count]; `ragged` are those left out so far."""
        candidates = np.arange(self._next, self._next + count + len(ragged))
        places = candidates[~np.isin(candidates, np.array(ragged, np.int64))][:count]
        self._next = int(places[-1]) + 1 if count else self._next
        return places

    def new(self, ragged: Sequence[int]) -> list[CellProblem]:
        """The problems that ragged rows are, of those not given before."""
        fresh = ragged[self._told :]
        self._told = len(ragged)
        return [CellProblem(place, "", "other", "columns") for place in fresh]


def _document(problem: CellProblem) -> dict[str, object]:
    return {"row": problem.row + 1, "column": problem.column, "value": problem.value, "rule": problem.rule}
