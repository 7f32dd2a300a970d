"""A build is whole or absent."""

import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from tests.cluster.kit.build import Builder, atomic_folder
from tests.cluster.kit.errors import BuildFailed
from tests.cluster.kit.modules import KSERVE, KUBERNETES
from tests.cluster.kit.toolchain import Go, environment, parse_version


class Compiler(Go):
    """Go, but it writes empty programs: the real one takes minutes."""

    def run(self, arguments: Sequence[str], folder: Path, log: IO[str] | None = None) -> str:
        if log is None:
            assert arguments[:2] == ["list", "-m"]
            return json.dumps({"Dir": self.program})
        log.write(f"{folder.name}\n")
        (out,) = (Path(word.removeprefix("-o=")) for word in arguments if word.startswith("-o="))
        for package in arguments[arguments.index(f"-o={out}/") + 1 :]:
            name = "server" if package.endswith("/v3") else package.rsplit("/", 1)[1]
            with (out / name).open("a") as program:
                program.write(package)
        with (out.parent / "builds").open("a") as builds:
            builds.write(f"{folder.name}\n")
        return ""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The source of the module that is built."""
    return tmp_path / "source"


@pytest.fixture
def builder(tmp_path: Path, source: Path) -> Builder:
    return Builder(tmp_path / "kit", Compiler(str(source), "go1.26.8 linux/amd64"), lambda _: None)


def test_programs_have_the_names_of_their_module(builder: Builder) -> None:
    folder = builder.ensure(KUBERNETES)
    assert {path.name for path in folder.iterdir()} == set(KUBERNETES.programs)
    assert (folder / "etcd").read_text() == KUBERNETES.programs["etcd"]


def test_what_is_built_is_not_built_again(builder: Builder, tmp_path: Path) -> None:
    assert builder.ensure(KUBERNETES) == builder.ensure(KUBERNETES)
    assert (tmp_path / "kit" / "builds").read_text() == "kubernetes\n"


def test_two_builders_at_once_build_once(builder: Builder, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as two:
        folders = set(two.map(builder.ensure, [KUBERNETES, KUBERNETES]))
    assert len(folders) == 1
    assert (tmp_path / "kit" / "builds").read_text() == "kubernetes\n"


def test_the_manifests_of_the_pinned_source_are_kept(builder: Builder, source: Path) -> None:
    kept = source / "config" / "webhook" / "manifests.yaml"
    kept.parent.mkdir(parents=True)
    kept.write_text("kind: Webhook\n")
    (source / "config" / "other.yaml").write_text("kind: Other\n")
    config = builder.ensure(KSERVE) / "config"
    assert [path.relative_to(config).as_posix() for path in config.rglob("*.yaml")] == ["webhook/manifests.yaml"]


def test_a_failed_build_leaves_nothing_and_names_its_log(tmp_path: Path) -> None:
    program = tmp_path / "go"
    program.write_text("#!/bin/sh\necho it broke; exit 1\n")
    program.chmod(0o755)
    cache = tmp_path / "kit"
    with pytest.raises(BuildFailed, match=r"kubernetes\.log") as failed:
        Builder(cache, Go(str(program), "go1.26.8 linux/amd64"), lambda _: None).ensure(KUBERNETES)
    assert str(failed.value).count("\n") == 0
    assert (cache / "kubernetes.log").read_text() == "it broke\n"
    assert not [path for path in cache.iterdir() if path.is_dir()]


def test_a_killed_build_leaves_nothing_that_counts_and_the_next_removes_it(tmp_path: Path) -> None:
    target = tmp_path / "tool-0123"
    script = f"""
        import time
        from pathlib import Path
        from tests.cluster.kit.build import atomic_folder
        with atomic_folder(Path({str(target)!r})) as folder:
            (folder / "half").write_text("")
            print("begun", flush=True)
            time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGKILL)
    assert not target.exists()
    assert len(list(tmp_path.iterdir())) == 1
    with atomic_folder(target) as folder:
        (folder / "whole").write_text("")
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["tool-0123", "tool-0123/whole"]


def test_builds_see_none_of_the_persons_own_go_flags() -> None:
    seen = environment({"GOFLAGS": "-mod=mod", "GOWORK": "/a/go.work", "GOPROXY": "given"})
    assert seen["GOWORK"] == "off"
    assert "-mod=readonly" in seen["GOFLAGS"]
    assert seen["GOPROXY"] == "given"


@pytest.mark.parametrize(
    ("name", "version"), [("go1.26.8", (1, 26, 8)), ("go1.27", (1, 27)), ("go1.26rc1", (1, 0)), ("devel", (0,))]
)
def test_versions_of_go_compare_as_numbers(name: str, version: tuple[int, ...]) -> None:
    assert parse_version(name) == version
