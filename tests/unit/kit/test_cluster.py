"""What a cluster does with images."""

import os
from pathlib import Path

from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.images.builder import ImageSource
from tests.cluster.kit.kubectl import Kubectl


class OneArchive:
    """Builds every image into one archive."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive

    def build(self, _source: ImageSource) -> Path:
        return self.archive


def test_an_image_is_loaded_once_unless_it_was_built_anew(tmp_path: Path) -> None:
    archive, source = tmp_path / "one.tar", ImageSource("trireme.test/one:1", tmp_path, tmp_path)
    archive.touch()
    loads: list[Path] = []
    cluster = Cluster(Kubectl("kubectl", tmp_path), OneArchive(archive), loads.append)
    for _ in range(2):
        assert cluster.build_and_load(source) == source.name
    assert loads == [archive]
    os.utime(archive, ns=(1, 1))
    cluster.build_and_load(source)
    assert len(loads) == 2
