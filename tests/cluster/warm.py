"""Builds and caches all that the suite starts, before it does: `python -m tests.cluster.warm`."""

from collections.abc import Callable

import typer

from tests.cluster.addons import keda, kwok, prometheus
from tests.cluster.addons.pipeline import adapter_archive
from tests.cluster.kit.hermetic import Hermetic
from tests.cluster.kit.images.buildah import Buildah
from tests.cluster.kit.modules import KSERVE
from tests.cluster.kit.settings import ClusterSettings
from tests.cluster.serving.images import GATEWAY, MODEL_SERVER, POSTGRES, S3, STAND_IN, TRAINING, initializer


def warm(settings: ClusterSettings, say: Callable[[str], None]) -> None:
    """Build what the cache lacks: programs, then images; raises a `KitError`. Starts nothing."""
    Hermetic(settings, say).build()
    buildah = Buildah(settings.cache_dir / "images")
    for source in (
        STAND_IN,
        GATEWAY,
        MODEL_SERVER,
        S3,
        POSTGRES,
        initializer(f"kserve/storage-initializer:{KSERVE.version}"),
    ):
        say(f"Building {source.name}.")
        buildah.build(source)
    if "retrain" in settings.addons:
        buildah.build(TRAINING)
    if "autoscaling" in settings.addons:
        adapter_archive(settings, buildah, say)
        kwok.archive(settings, buildah, say)
    if "keda" in settings.addons:
        keda.archives(settings, buildah, say)
    if settings.addons & {"autoscaling", "keda"}:
        buildah.build(prometheus.image())


if __name__ == "__main__":
    warm(ClusterSettings(), typer.echo)
