"""The command itself: its verbs, and how it fails."""

import subprocess
import sys
from pathlib import Path

import pytest

from trireme.main import command
from trireme.verbs import VERBS

HEAVY = ("tensorflow", "keras", "sklearn", "onnx", "onnxruntime", "openvino", "fastapi", "uvicorn", "tritonclient")


def run(*arguments: str, cwd: Path | None = None, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"import sys; {before}\nsys.argv = {['trireme', *arguments]!r}\nfrom trireme.main import main\nmain()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cwd, check=False)


def test_the_issue_s_verbs_are_there() -> None:
    assert {verb.name for verb in VERBS} >= {"train", "publish", "serve", "predict", "models", "data"}


def test_help_lists_every_verb_with_its_sentence() -> None:
    shown = run("--help").stdout
    for verb in VERBS:
        assert verb.name in shown
        assert verb.help[:30] in shown


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys; from trireme.main import command; command(); print([m for m in {HEAVY!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_every_verb_has_help(verb: str) -> None:
    done = run(verb, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    assert verb in command().list_commands(None)  # type: ignore[arg-type]


def test_the_version_is_shown() -> None:
    assert run("--version").stdout.startswith("trireme 0.")


def test_a_planned_error_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    done = run("models", "nothing", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.strip() == "error: There is no model 'nothing'."


def test_brackets_in_an_error_are_shown_as_they_are(tmp_path: Path) -> None:
    done = run("predict", "tiny", "[red]none.png", cwd=tmp_path)
    assert "[red]none.png can't be read" in done.stderr


def test_a_missing_extra_is_one_sentence_that_names_it() -> None:
    done = run("serve", before="sys.modules['uvicorn'] = None")
    assert done.returncode == 1
    assert "pip install 'trireme[gateway,modelserver]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bug_in_our_own_imports_is_not_taken_for_a_missing_extra() -> None:
    done = run("models", before="sys.modules['contract.served'] = None")
    assert "Traceback" in done.stderr


def test_an_unknown_verb_is_a_usage_error() -> None:
    assert run("sail").returncode == 2
