"""What is wrong with rows: the first problems one by one, and all of them counted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import BaseModel

from contract.cells import Rule, ValueClass
from contract.table import CellProblem

NAME_MAX_LENGTH = 128
"""Characters of a column's name that are shown: of one that the model doesn't know, the caller chose them."""
MAX_COUNTED = 10_000
"""Different pairs of column and rule that are counted; a caller may invent columns."""


class RowProblem(BaseModel):
    """One value that can't be taken, without the value itself."""

    row: int
    """Counted from 0."""
    column: str
    value: ValueClass
    """What the value is."""
    rule: Rule
    """What it breaks."""


class ProblemCount(BaseModel):
    """How often a rule is broken in a column."""

    column: str
    rule: Rule
    count: int


@dataclass
class RowReport:
    """Collects problems; keeps the first `limit` of them, and counts by column and rule."""

    limit: int
    first: list[RowProblem] = field(default_factory=list)
    total: int = 0
    _counts: Counter[tuple[str, Rule]] = field(default_factory=Counter)

    def add(self, problems: Iterable[CellProblem], *, offset: int = 0) -> None:
        """Take in problems of a batch whose first row is row `offset`."""
        for problem in problems:
            self._add(problem, offset)

    def _add(self, problem: CellProblem, offset: int) -> None:
        column = problem.column[:NAME_MAX_LENGTH]
        self.total += 1
        key = (column, problem.rule)
        if key in self._counts or len(self._counts) < MAX_COUNTED:
            self._counts[key] += 1
        if len(self.first) < self.limit:
            self.first.append(
                RowProblem(row=problem.row + offset, column=column, value=problem.value, rule=problem.rule)
            )

    def counts(self) -> list[ProblemCount]:
        """The most frequent first."""
        return [
            ProblemCount(column=column, rule=rule, count=count) for (column, rule), count in self._counts.most_common()
        ]

    def sentence(self) -> str:
        """Where the first problem is, and how many there are."""
        one = self.first[0]
        place = f"Row {one.row}, column {one.column!r}" if one.column else f"Row {one.row}"
        where = f"{place}: {SENTENCES[one.rule]}"
        return f"{where} ({one.value})." if self.total == 1 else f"{where} ({one.value}); {self.total:,} in all."


SENTENCES: dict[Rule, str] = {
    "type": "the value is not of the column's type",
    "range": "the number is out of range",
    "allowed": "the category is not an allowed one",
    "missing": "a value is missing",
    "infinity": "the number is infinite",
    "unknown-column": "the model has no such column",
    "duplicate-id": "the id was there before",
    "columns": "the row has not the header's columns",
}
