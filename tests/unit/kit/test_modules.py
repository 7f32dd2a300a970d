"""The pins decide what is built."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cluster.kit import modules
from tests.cluster.kit.build import build_arguments
from tests.cluster.kit.modules import ADDONS, KSERVE, KUBERNETES, MODULES, GoModule

TOOLCHAIN = "go1.26.8 linux/amd64"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GoModule:
    """A module of its own, whose files a test may change."""
    monkeypatch.setattr(modules, "SOURCES", tmp_path)
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "go.mod").write_text("module small\n\nrequire example.test/tool v1.2.3\n")
    (folder / "go.sum").write_text("example.test/tool v1.2.3 h1:x\n")
    return GoModule(name="small", pin="example.test/tool", programs={"tool": "example.test/tool/v2"})


@pytest.mark.parametrize("module", [*MODULES, *ADDONS], ids=lambda module: module.name)
def test_every_module_commits_its_pins_and_their_sums(module: GoModule) -> None:
    assert re.fullmatch(r"v\d+\.\d+\.\d+", module.version)
    assert f"{module.pin} {module.version} h1:" in (module.folder / "go.sum").read_text()


@pytest.mark.parametrize("module", [*MODULES, *ADDONS], ids=lambda module: module.name)
def test_every_program_is_declared_to_go(module: GoModule) -> None:
    declared = (module.folder / "go.mod").read_text()
    for package in module.programs.values():
        assert (module.folder / package / "main.go").exists() if package.startswith("./") else package in declared


def test_kserve_is_new_enough_for_an_autoscaler_of_ones_own() -> None:
    assert tuple(map(int, KSERVE.version[1:].split("."))) >= (0, 20)


def test_the_same_inputs_have_the_same_fingerprint(module: GoModule) -> None:
    assert module.fingerprint(TOOLCHAIN) == replace(module).fingerprint(TOOLCHAIN)


def test_another_toolchain_recipe_pin_or_source_is_another_fingerprint(module: GoModule) -> None:
    seen = {module.fingerprint(TOOLCHAIN), module.fingerprint("go1.27.0 linux/amd64")}
    seen.add(replace(module, tags=("small",)).fingerprint(TOOLCHAIN))
    for name in ("go.mod", "go.sum", "main.go"):
        with (module.folder / name).open("a") as file:
            file.write("// changed\n")
        seen.add(module.fingerprint(TOOLCHAIN))
    assert len(seen) == 6


def test_a_program_knows_its_version(tmp_path: Path) -> None:
    (flags,) = (word for word in build_arguments(KUBERNETES, tmp_path) if word.startswith("-ldflags"))
    assert f"gitVersion={KUBERNETES.version} " in flags
