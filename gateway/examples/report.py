"""What became of an upload's examples: all counted, the first problems one by one."""

from collections import Counter
from dataclasses import dataclass, field

from pydantic import BaseModel


class ExampleProblem(BaseModel):
    """One example that was not taken."""

    place: int
    """Of the picture among the pictures, or of the row among the rows, counted from 0."""
    name: str | None = None
    """The picture's file name, as the caller gave it."""
    code: str
    detail: str


@dataclass
class UploadReport:
    """Collects outcomes; keeps the first `limit` problems."""

    limit: int
    accepted: Counter[str] = field(default_factory=Counter)
    """By label."""
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """By code."""
    problems: list[ExampleProblem] = field(default_factory=list)

    def refuse(self, place: int, code: str, detail: str, name: str | None = None) -> None:
        """Count an example that can't be taken."""
        self.refused[code] += 1
        if len(self.problems) < self.limit:
            self.problems.append(ExampleProblem(place=place, name=name, code=code, detail=detail))

    def sentence(self) -> str:
        """How many were refused, and why the first was."""
        count, first = self.refused.total(), self.problems[0]
        return f"{count:,} example(s) can't be taken; number {first.place}: {first.detail}"
