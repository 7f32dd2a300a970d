"""Problems of a table's values, counted, the first of them kept, all of them written to a file."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contract.files import write_atomically
from contract.table import CellProblem
from training.data.storage import storage_errors

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
        self.rows = 0
        """How many rows have problems."""

    def __len__(self) -> int:
        return sum(self.by_rule.values())

    def add(self, problems: Sequence[CellProblem]) -> None:
        """Count these; all problems of a row come together."""
        self.rows += len({problem.row for problem in problems})
        for problem in problems:
            self.by_rule[problem.column, problem.rule] += 1
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
            table.add_row(f"{problem.row + 1:,}", escape(problem.column), problem.value, WORDS[problem.rule])
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


def _document(problem: CellProblem) -> dict[str, object]:
    return {"row": problem.row + 1, "column": problem.column, "value": problem.value, "rule": problem.rule}
