"""What an image builder does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class ImageSource:
    """An image to build: its name, its Dockerfile, its context."""

    name: str
    """With registry and tag: `trireme.test/gateway:1`."""
    dockerfile: Path
    context: Path
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Values of the Dockerfile's ARGs."""

    @property
    def flags(self) -> list[str]:
        """The flags that Docker, Podman and Buildah share, and the context."""
        given = [f"--build-arg={name}={value}" for name, value in self.arguments.items()]
        return [f"--tag={self.name}", f"--file={self.dockerfile}", *given, str(self.context)]

    @property
    def slug(self) -> str:
        """The name as a file's name: `trireme.test-gateway-1`."""
        return self.name.replace("/", "-").replace(":", "-")


class ImageBuilder(Protocol):
    """Builds images without pushing them anywhere."""

    def build(self, source: ImageSource) -> Path:
        """Build an image, layers cached, and give its archive (docker-archive); raises `ImageFailed`."""
        ...
