"""The tutorials are followed to the letter, in a folder of their own."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.laptop import environment, running
from tests.support.tutorial import SERVE, read_steps

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs" / "tutorials").glob("*.md"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a reader has: the project's examples, and the commands of its environment."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    commands = {"python": "", "trireme": "-m trireme"}
    (tmp_path / "bin").mkdir()
    for name, module in commands.items():
        command = tmp_path / "bin" / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        command.chmod(0o755)
    return tmp_path


def variables(folder: Path) -> dict[str, str]:
    """A reader's environment, with ports that nobody else uses."""
    plain = environment(PYTHONPATH=str(ROOT))
    path = f"{folder / 'bin'}:{plain['PATH']}"
    return {**plain, "PATH": path, "TRIREME_URL": f"http://127.0.0.1:{plain['GATEWAY_PORT']}"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_the_page_says_is_what_happens(page: Path, folder: Path) -> None:
    told = variables(folder)
    steps = read_steps(page)
    assert SERVE in page.read_text()
    with ExitStack() as terminals:
        for step in steps:
            if step.serves:
                terminals.enter_context(running(folder, **told))
                continue
            done = subprocess.run(
                ["bash", "-eu", "-o", "pipefail", "-c", step.commands],
                cwd=folder,
                env=told,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout
            assert step.missing(done.stdout) == [], done.stdout


def test_there_are_three_tutorials() -> None:
    assert [page.stem for page in PAGES] == ["import-a-model", "your-own-pictures", "your-own-table"]
