"""Runs and repositories as publishing leaves them."""

import shutil
from pathlib import Path

from training import runs


def visible(root: Path) -> list[str]:
    """The versions that a server would see."""
    return sorted(path.name for path in root.iterdir() if not path.name.startswith(".")) if root.exists() else []


def with_graph(run: Path, graph: Path, target: Path) -> Path:
    """A copy of a run that is converted already."""
    shutil.copytree(run, target)
    shutil.copyfile(graph, target / runs.CONVERTED)
    return target
