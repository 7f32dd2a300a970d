"""Docker, for clusters that run in it."""

from pathlib import Path

from tests.cluster.kit.images.builder import ImageSource
from tests.cluster.kit.images.command import run_tool


class Docker:
    """Builds with the Docker engine; base images come from its registry."""

    def __init__(self, archives: Path) -> None:
        self._archives = archives

    def build(self, source: ImageSource) -> Path:
        """See `ImageBuilder.build`."""
        self._archives.mkdir(parents=True, exist_ok=True)
        archive = self._archives / f"{source.slug}.tar"
        run_tool(["docker", "build", *source.flags], f"Building {source.name}")
        run_tool(["docker", "save", f"--output={archive}", source.name], f"Saving {source.name}")
        return archive
