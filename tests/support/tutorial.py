"""Tutorials as a reader follows them: `sh` blocks are run as they stand, `text` blocks are what is then seen."""

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
SERVE = "trireme serve"


@dataclass(frozen=True)
class Step:
    """Commands, and lines that their output must hold; of a line it may hold more."""

    commands: str
    shown: tuple[str, ...]

    @property
    def serves(self) -> bool:
        """Whether it runs on in a terminal of its own."""
        return self.commands.strip() == SERVE

    def missing(self, output: str) -> list[str]:
        """The lines that the output lacks."""
        return [line for line in self.shown if line not in output]


def read_steps(page: Path) -> list[Step]:
    """A page's steps in order; raises ValueError for an output before any command, and for a block of another kind."""
    steps: list[Step] = []
    for block in _BLOCK.finditer(page.read_text()):
        if block["kind"] == "sh":
            steps.append(Step(block["text"], ()))
        elif block["kind"] == "text" and steps:
            lines = tuple(filter(None, block["text"].splitlines()))
            steps[-1] = Step(steps[-1].commands, steps[-1].shown + lines)
        else:
            raise ValueError(f"{page.name} has a block that is no step")
    return steps
