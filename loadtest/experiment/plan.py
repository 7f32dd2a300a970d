"""The file that `trireme experiment` reads."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from loadtest.errors import ExperimentInvalid, LoadTestError
from loadtest.scenarios import scenario
from loadtest.settings import EXAMPLES, Kind, Weight
from loadtest.yaml_file import Part, read_yaml

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$")]
Setting = Annotated[str, Field(pattern=r"^(GATEWAY|MODELSERVER|TRIREME)_[A-Z0-9_]+$")]
Replicas = PositiveInt | Literal["hpa"]


class LocalPart(Part):
    """Replicas on this machine, each a `trireme serve` with a Triton and a gateway of its own."""

    kind: Literal["local"]
    repository: Path = Path("model_repository")
    """Folder with the model, of which the newest version is served."""
    cpus: PositiveFloat | None = None
    """Processors that a replica may take at most; without it, the replicas share all there are."""
    balance: Literal["auto", "haproxy", "clients"] = "auto"
    """What spreads the load over them: HAProxy, or the users themselves; `auto`: HAProxy where it is installed."""
    settings: dict[Setting, str] = Field(default={})
    """Settings of the replicas, such as `GATEWAY_TRITON_TIMEOUT_S`."""
    start_timeout_s: PositiveFloat = 180
    """Seconds in which a replica has to be ready."""


class ClusterPart(Part):
    """Replicas on Kubernetes, which are there already and are scaled."""

    kind: Literal["cluster"]
    urls: tuple[str, ...] = Field(min_length=1)
    """Addresses of the gateway, as the users reach it; several are spread over."""
    workload: Annotated[str, Field(pattern=r"^(deployment|inferenceservice)/[a-z0-9][-a-z0-9.]*$")]
    """What is scaled: `deployment/NAME` or `inferenceservice/NAME`."""
    hpa: str | None = None
    """The workload's HorizontalPodAutoscaler; for a fixed number its bounds are set to that, and back at the end."""
    namespace: str = "default"
    kubeconfig: Path | None = None
    """File that says how to reach Kubernetes; else `KUBECONFIG`, `~/.kube/config`, or the pod's own account."""
    ready_timeout_s: PositiveFloat = 600
    """Seconds in which all replicas of a number have to be ready."""


class LoadPart(Part):
    """The users."""

    users: tuple[PositiveInt, ...] = Field(default=(50, 100, 200), min_length=1)
    scenario: str = "steady-50"
    """The scenario whose curve is taken (`trireme load list`)."""
    seconds: PositiveFloat = 60
    """How long a cell's load takes, warm-up included."""
    warm_up_s: Annotated[float, Field(ge=0)] = 10
    """Seconds of it that don't count."""
    think_s: tuple[float, float] = (0.5, 1.5)
    """Least and most seconds that a user waits between an answer and the next request."""
    mix: dict[Kind, Weight] = Field(default={"predict": 1})
    """How many of the users are of each kind, as weights."""
    data: Path = EXAMPLES
    """What they send: a folder of pictures, or a file of rows."""

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.warm_up_s >= self.seconds:
            raise ValueError("the warm-up has to be shorter than the load")
        if not any(self.mix.values()):
            raise ValueError("the mix names no user")
        return self


class SloPart(Part):
    """What is promised; what isn't named isn't judged."""

    p95_ms: PositiveFloat | None = None
    """95 % are answered within so many ms: with the most replicas, and with the autoscaler."""
    failed: Share | None = None
    """Share of the requests that may fail, in every cell."""
    efficiency: PositiveFloat | None = None
    """Scaling efficiency from the fewest to the most replicas."""
    decision_s: PositiveFloat | None = None
    """Seconds from the load to the autoscaler's first decision."""
    ready_s: PositiveFloat | None = None
    """Seconds from that decision to the first new replica that is ready."""


class PublishedPart(Part):
    """A row of a table that others published for such a test."""

    replicas: PositiveInt
    users: PositiveInt
    requests_per_s: PositiveFloat | None = None
    mean_ms: PositiveFloat | None = None
    failed: Share | None = None


class Plan(Part):
    """A matrix of replicas and users, and what it is tried on."""

    name: Name
    model: str
    target: Annotated[LocalPart | ClusterPart, Field(discriminator="kind")]
    replicas: tuple[Replicas, ...] = Field(default=(1, 2, 3), min_length=1)
    """Fixed numbers, and `hpa` on a cluster."""
    load: LoadPart = LoadPart()
    repeats: PositiveInt = 1
    """Of each cell; medians are shown."""
    pause_s: Annotated[float, Field(ge=0)] = 2
    """Seconds between two cells."""
    slo: SloPart = SloPart()
    price_per_replica_hour: PositiveFloat | None = None
    """What a replica costs an hour, in any currency."""
    published: tuple[PublishedPart, ...] = ()
    """Others' numbers, shown beside."""

    @model_validator(mode="after")
    def _knows_the_autoscaler(self) -> Self:
        if "hpa" in self.replicas and getattr(self.target, "hpa", None) is None:
            raise ValueError("`hpa` needs a cluster, and the name of its HorizontalPodAutoscaler as target.hpa")
        return self

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return self.model_dump(mode="json")


def read(path: Path) -> Plan:
    """Read a file; raises `ExperimentInvalid` with the place that is wrong."""
    found = read_yaml(path, Plan, ExperimentInvalid)
    try:
        scenario(found.load.scenario)
    except LoadTestError as error:
        raise ExperimentInvalid(f"{path}: {error}") from None
    return found
