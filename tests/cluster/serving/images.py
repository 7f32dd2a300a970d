"""The images: the project's own, and those of what it needs around it."""

from pathlib import Path

from tests.cluster.kit.images.builder import ImageSource

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent / "images"

GATEWAY = ImageSource("trireme.test/gateway:1", ROOT / "images" / "gateway.Dockerfile", ROOT)
MODEL_SERVER = ImageSource("trireme.test/modelserver:1", ROOT / "images" / "modelserver.Dockerfile", ROOT)
TRAINING = ImageSource("trireme.test/training:1", ROOT / "images" / "training.Dockerfile", ROOT)
S3 = ImageSource("trireme.test/seaweedfs:1", HERE / "seaweedfs" / "Dockerfile", HERE / "seaweedfs")
POSTGRES = ImageSource("trireme.test/postgres:1", HERE / "postgres" / "Dockerfile", HERE / "postgres")
# Serves HTTP on port 8080.
_STAND_IN = ROOT / "tests" / "cluster" / "images" / "stand_in"
STAND_IN = ImageSource("trireme.test/stand-in:1", _STAND_IN / "Dockerfile", _STAND_IN)


def initializer(name: str) -> ImageSource:
    """KServe's storage initializer, under the name by which the cluster's KServe knows it."""
    folder = HERE / "storage_initializer"
    return ImageSource(name, folder / "Dockerfile", folder)
