"""`images/build`: which builder it takes and what it asks of it. Real builds are in tests/cluster."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from contract import __version__

ROOT = Path(__file__).parents[3]
NAMES = sorted(path.stem for path in (ROOT / "images").glob("*.Dockerfile"))


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH of its own, with what the script itself needs and no builder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "dirname", "sed"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def add_builder(programs: Path, name: str, *, works: bool = True) -> None:
    """A stand-in that writes down how it is called."""
    script = f'#!/bin/bash\n[ "$1" != info ] || exit {int(not works)}\necho "$0 $*" >> "{programs}/calls"\n'
    (programs / name).write_text(script)
    (programs / name).chmod(0o755)


def build(programs: Path, *names: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "images" / "build", *names],
        env={"PATH": str(programs)} | environment,
        cwd=programs,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def calls(programs: Path) -> list[str]:
    return (programs / "calls").read_text().splitlines()


def test_every_image_is_built_and_named_by_the_project_s_version(programs: Path) -> None:
    add_builder(programs, "buildah")
    done = build(programs)
    assert done.stdout.split() == [f"trireme/{name}:{__version__}" for name in NAMES]
    assert [call.split()[0] for call in calls(programs)] == [f"{programs}/buildah"] * len(NAMES)


def test_a_docker_that_does_not_run_is_passed_over(programs: Path) -> None:
    add_builder(programs, "docker", works=False)
    add_builder(programs, "podman")
    build(programs, "gateway")
    assert calls(programs)[0].startswith(f"{programs}/podman build")


def test_names_tags_and_flags_are_the_caller_s(programs: Path) -> None:
    add_builder(programs, "docker")
    add_builder(programs, "buildah")
    wishes = {"BUILDER": "buildah", "IMAGE_PREFIX": "registry.example/x", "IMAGE_TAG": "7", "BUILD_FLAGS": "--a --b=c"}
    assert build(programs, "gateway", **wishes).stdout.strip() == "registry.example/x/gateway:7"
    expected = "buildah build --a --b=c --file images/gateway.Dockerfile --tag registry.example/x/gateway:7 ."
    assert calls(programs) == [f"{programs}/{expected}"]


def test_without_a_builder_one_sentence_says_what_is_needed(programs: Path) -> None:
    done = build(programs)
    assert (done.returncode, done.stderr) == (1, "Images need Docker, Podman or Buildah.\n")


def test_a_builder_that_was_asked_for_and_does_not_work_is_named(programs: Path) -> None:
    add_builder(programs, "docker", works=False)
    done = build(programs, BUILDER="docker")
    assert (done.returncode, done.stderr) == (
        1,
        "Images need Docker, Podman or Buildah, and docker does not work here.\n",
    )


def test_an_unknown_image_is_one_sentence(programs: Path) -> None:
    add_builder(programs, "buildah")
    done = build(programs, "../etc")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no image '../etc': see images/*.Dockerfile.\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_dockerfile_starts_from_a_named_release_and_ends_as_an_ordinary_user(name: str) -> None:
    lines = (ROOT / "images" / f"{name}.Dockerfile").read_text().splitlines()
    bases = {line.split()[1] for line in lines if line.startswith("FROM ")}
    assert bases == {"python:3.11-slim-bookworm"}
    assert [line for line in lines if line.startswith("USER ")] == ["USER 1000:1000"]


@pytest.mark.parametrize("lock", ["gateway.lock", "modelserver-image.lock", "training.lock"])
def test_an_image_s_lock_has_the_versions_that_the_laptop_s_has(lock: str) -> None:
    here, laptop = pins(ROOT / "requirements" / lock), pins(ROOT / "requirements" / "laptop.lock")
    assert {name: versions for name, versions in here.items() if name in laptop and not versions <= laptop[name]} == {}


def pins(lock: Path) -> dict[str, set[str]]:
    """Each package's versions; more than one where it depends on the Python."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found
