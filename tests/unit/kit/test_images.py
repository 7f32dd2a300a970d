"""Images: what is asked of the tools, and what is said when they fail."""

import sys
from pathlib import Path

import pytest

from tests.cluster.kit.errors import ImageFailed
from tests.cluster.kit.images.buildah import bases
from tests.cluster.kit.images.builder import ImageSource
from tests.cluster.kit.images.command import run_tool
from tests.cluster.kit.kit import program_image
from tests.cluster.kit.provider import load

SOURCE = ImageSource("trireme.test/gateway:1", Path("images/gateway.Dockerfile"), Path(), {"EXTRA": "gateway"})


def test_a_source_gives_the_flags_that_all_tools_share() -> None:
    assert SOURCE.flags == [
        "--tag=trireme.test/gateway:1",
        "--file=images/gateway.Dockerfile",
        "--build-arg=EXTRA=gateway",
        ".",
    ]
    assert SOURCE.slug == "trireme.test-gateway-1"


def test_a_dockerfile_tells_what_it_starts_from() -> None:
    assert bases("# a comment\nfrom a:1 AS build\nRUN x FROM y\nFROM  b\n") == {"a:1", "b"}


def test_a_failing_tool_is_quoted() -> None:
    with pytest.raises(ImageFailed, match=r"Building x failed.*\nthe last words"):
        run_tool([sys.executable, "-c", "import sys; sys.exit('the last words')"], "Building x")


def test_a_missing_tool_is_named() -> None:
    with pytest.raises(ImageFailed, match="there is no `no-such-tool` here"):
        run_tool(["no-such-tool"], "Building x")


def test_an_archive_is_loaded_by_the_command_given(tmp_path: Path) -> None:
    archive, copy = tmp_path / "an image.tar", tmp_path / "loaded"
    archive.write_text("image")
    load(f"cp {{archive}} {copy}", archive)
    assert copy.read_text() == "image"


def test_without_a_command_the_setting_is_named() -> None:
    with pytest.raises(ImageFailed, match="TRIREME_CLUSTER_IMAGE_LOAD"):
        load("", Path("image.tar"))


class Counting:
    """A builder that writes the program's own bytes, and counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.built: list[str] = []

    def build(self, source: ImageSource) -> Path:
        self.built.append(source.name)
        archive = self.folder / f"{source.slug}.tar"
        archive.write_bytes((source.context / source.arguments["PROGRAM"]).read_bytes())
        return archive


def test_a_programs_image_is_built_once_for_each_name(tmp_path: Path) -> None:
    program = tmp_path / "kit" / "pause"
    program.parent.mkdir()
    program.write_text("program")
    images = Counting(tmp_path)
    archives = [program_image(images, name, program) for name in ("a:1", "a:1", "b:1")]
    assert images.built == ["a:1", "b:1"]
    assert len(set(archives)) == 2
    assert [path.read_text() for path in archives] == ["program"] * 3
