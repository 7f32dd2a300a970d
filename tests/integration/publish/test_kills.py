"""Publishing that is killed leaves no half version."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.repository import ONNX_MODEL, ModelRepository
from tests.integration.publish.folders import visible, with_graph
from training.publish import publish, publisher
from training.publish.staging import STAGING

STEPS = ("_next_version", "_assemble", "_prove", "_card", "reveal")
KILL = """
import os, signal, sys
from pathlib import Path
from training.publish import publisher
step, when = sys.argv[3:]
original = getattr(publisher, step)
def killed(*arguments, **options):
    if when == "after":
        original(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(publisher, step, killed)
publisher.publish(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def converted(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run with its graph, as a contest leaves it: nothing is converted twice."""
    root = tmp_path_factory.mktemp("first")
    publish(trained, root / "repository")
    (graph,) = root.glob(f"repository/*-v1/{ONNX_MODEL}")
    return with_graph(trained, graph, root / "run")


def kill(run: Path, root: Path, step: str, when: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILL, str(run), str(root), step, when], check=False)
    assert done.returncode == -signal.SIGKILL


def test_at_no_step_is_there_a_version_yet(converted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, seen = tmp_path / "repository", list[str]()

    def watched(step: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def watch(*arguments: Any, **options: Any) -> Any:
            seen.append(step)
            assert visible(root) == []
            assert ModelRepository(root).all_versions() == []
            return original(*arguments, **options)

        return watch

    for step in STEPS:
        monkeypatch.setattr(publisher, step, watched(step, getattr(publisher, step)))
    publish(converted, root)
    assert seen == list(STEPS)
    assert len(visible(root)) == 1


def test_after_a_kill_there_is_no_version_and_the_next_publish_cleans_up_and_works(
    converted: Path, tmp_path: Path
) -> None:
    root = tmp_path / "repository"
    kill(converted, root, "_card", "before")
    assert visible(root) == []
    assert ModelRepository(root).all_versions() == []
    assert list((root / STAGING).iterdir())
    assert publish(converted, root).card.version == 1
    assert not (root / STAGING).exists()


def test_a_version_killed_right_after_the_rename_is_whole(converted: Path, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    kill(converted, root, "reveal", "after")
    (name,) = ModelRepository(root).all_versions()
    ModelRepository(root).verify(name)
