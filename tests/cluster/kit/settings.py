"""Settings of the cluster suite."""

from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Source = Literal["auto", "existing", "kit", "kind", "up"]
AddOn = Literal["autoscaling", "keda", "outages", "retrain", "upgrades"]


class ClusterSettings(BaseSettings):
    """Read once from the environment (`TRIREME_CLUSTER…`) and `.env`; frozen."""

    model_config = SettingsConfigDict(
        env_prefix="TRIREME_CLUSTER_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
        populate_by_name=True,
    )

    source: Annotated[Source, Field(validation_alias="TRIREME_CLUSTER")] = "auto"
    """Where the cluster comes from (`TRIREME_CLUSTER`): `existing` is the one of KUBECONFIG, `kit` a hermetic one,
    `kind` one in Docker, `up` the one that `make cluster-up` started; `auto` takes the hermetic one where it can be
    made, else kind."""
    image_load: str = ""
    """Command that loads an image archive into an existing cluster, with `{archive}` for the file:
    `kind load image-archive {archive}`, `k3d image import {archive}`, `minikube image load {archive}`."""
    cache_dir: Path = Field(default_factory=lambda: platformdirs.user_cache_path("trireme"))
    """Folder of built programs and images. Default: the user's cache."""
    state_dir: Path = Field(default_factory=lambda: platformdirs.user_state_path("trireme"))
    """Folder of running clusters, gone when they are. Default: the user's state folder."""
    ready_timeout_s: Annotated[float, Field(gt=0)] = 180.0
    """Seconds in which a new cluster, or one step of it, has to be ready; building is not counted."""
    addons: Annotated[frozenset[AddOn], NoDecode] = frozenset()
    """What the suite tries beyond the rest, as it takes minutes to build and to run: `autoscaling`, which is
    Prometheus, prometheus-adapter and kwok; `keda`, with Prometheus; `retrain`, for which the
    trainer's image is built; `outages` and `upgrades`. Several are separated by commas."""

    @field_validator("addons", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        return {name.strip() for name in given.split(",") if name.strip()} if isinstance(given, str) else given
