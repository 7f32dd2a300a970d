"""The file that `trireme capacity` reads."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from loadtest.batch_times import BatchTimes
from loadtest.batching import Replica
from loadtest.capacity.hpa import DOWN, UP, Autoscaler, Policy, Rules
from loadtest.curves import Curve, Point, users_at
from loadtest.errors import CapacityInvalid, LoadTestError
from loadtest.scenarios import scenario
from loadtest.yaml_file import Part, read_yaml

Seconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class ServicePart(Part):
    """How long a replica takes."""

    ms: dict[PositiveInt, PositiveFloat]
    """Milliseconds of one instance by batch size, as measured."""
    instances: PositiveInt = 1
    max_batch: PositiveInt = 32
    distribution: Literal["fixed", "exponential"] = "fixed"
    """Whether the same batch always takes the same time, as engines do, or a random one with that mean."""
    queue_delay_us: Annotated[float, Field(ge=0)] = 0
    """Microseconds that an item may wait for others: Triton's `max_queue_delay_microseconds`."""


class LoadPart(Part):
    """What arrives."""

    peak_per_s: PositiveFloat | None = None
    """Items a second where the curve is at 1, which arrive however long answers take; or `users`."""
    users: PositiveInt | None = None
    """Users where the curve is at 1: each asks for an item, waits for its answer, and thinks."""
    think_s: tuple[Seconds, Seconds] = (0.5, 1.5)
    """Between which two a user's seconds of thought lie."""
    scenario: str = "steady-50"
    """The load scenario whose curve and time are taken (`trireme load list`)."""
    points: tuple[tuple[Share, Annotated[float, Field(ge=0)]], ...] = ()
    """A curve of one's own: pairs of time and load, both from 0 to 1."""
    seconds: PositiveFloat | None = None
    items_per_request: PositiveInt = 1

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.peak_per_s is None) == (self.users is None):
            raise ValueError("give either peak_per_s or users")
        if self.users is not None and (self.items_per_request > 1 or not sum(self.think_s) > 0):
            raise ValueError("users ask for one item at a time, and think")
        return self

    @property
    def peak(self) -> float:
        """Items a second where the curve is at 1; of users as many as they would ask for if answers took no time."""
        return self.peak_per_s or 2 * (self.users or 0) / sum(self.think_s)

    @property
    def curve(self) -> Curve:
        """Share of the peak over the share of the time."""
        return [Point(*pair) for pair in self.points] or scenario(self.scenario).curve

    @property
    def duration_s(self) -> float:
        """How long it takes."""
        return self.seconds or scenario(self.scenario).seconds

    def rate(self, second: float) -> float:
        """Items a second at a time."""
        return self.peak * self._share(second)

    def users_at(self, second: float) -> float:
        """Users at a time."""
        return (self.users or 0) * self._share(second)

    def times(self, factor: int) -> Self:
        """So many times as much."""
        kind = "users" if self.users else "peak_per_s"
        return self.model_copy(update={kind: getattr(self, kind) * factor})

    def _share(self, second: float) -> float:
        return users_at(self.curve, second / self.duration_s)


class PolicyPart(Part):
    """As Kubernetes has it."""

    type: Literal["Pods", "Percent"]
    value: PositiveInt
    periodSeconds: PositiveFloat  # noqa: N815 - Kubernetes' own name


class RulesPart(Part):
    """As Kubernetes has them."""

    stabilizationWindowSeconds: Seconds | None = None  # noqa: N815
    selectPolicy: Literal["Max", "Min", "Disabled"] = "Max"  # noqa: N815
    policies: tuple[PolicyPart, ...] = ()
    tolerance: Share = 0.1

    def rules(self, usual: Rules) -> Rules:
        """For the simulation, with what is usual where nothing is said."""
        stable = self.stabilizationWindowSeconds
        return Rules(
            tuple(Policy(one.type, one.value, one.periodSeconds) for one in self.policies) or usual.policies,
            usual.stabilization_s if stable is None else stable,
            self.selectPolicy,
            self.tolerance,
        )


class BehaviorPart(Part):
    """`behavior` of a HorizontalPodAutoscaler; `trireme autoscale plan` writes one."""

    scaleUp: RulesPart = RulesPart()  # noqa: N815
    scaleDown: RulesPart = RulesPart()  # noqa: N815


class ScalingPart(Part):
    """The autoscaler."""

    min: PositiveInt = 1
    max: PositiveInt = 1
    start: PositiveInt | None = None
    """Replicas at the start; else the least."""
    in_flight: PositiveFloat | None = None
    """Items in flight that a replica is to have; None: that signal isn't used."""
    item_rate: PositiveFloat | None = None
    """Items a second that a replica is to compute."""
    busy_share: Annotated[float, Field(gt=0, le=1)] | None = None
    behavior: BehaviorPart = BehaviorPart()
    sync_s: PositiveFloat = 15
    scrape_s: PositiveFloat = 5
    window_s: PositiveFloat = 30
    """Over which the signals are averaged."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min <= (self.start or self.min) <= self.max:
            raise ValueError("min, start and max aren't in this order")
        return self

    def autoscaler(self) -> Autoscaler:
        """A new one."""
        up, down = self.behavior.scaleUp.rules(UP), self.behavior.scaleDown.rules(DOWN)
        return Autoscaler(self.min, self.max, up, down)


class ClusterPart(Part):
    """How replicas come, and what they cost. Each has one GPU, or one share of a node."""

    start_s: Seconds = 10
    """From a container's start to its first answer."""
    image_pull_s: Seconds = 30
    """Once a node."""
    node_start_s: Seconds = 120
    """From a pod that finds no room to a new node."""
    node_idle_s: Seconds = 600
    """After which an empty node goes."""
    gpus_per_node: PositiveInt = 1
    nodes: PositiveInt = 1
    """That are always there, with the image."""
    max_nodes: PositiveInt = 1000
    price_per_gpu_hour: Annotated[float, Field(ge=0)] = 0


class CapacityScenario(Part):
    """A model, a load, an autoscaler and a cluster."""

    name: str
    service: ServicePart
    load: LoadPart
    slo_ms: PositiveFloat = 250
    """99 % are to be answered within it."""
    overhead_ms: Annotated[float, Field(ge=0)] = 5
    """What gateway and network add."""
    max_queue: PositiveInt = 1024
    """Items that may wait in all gateways together (`GATEWAY_MAX_QUEUE` in each); what comes beyond is refused."""
    scaling: ScalingPart = ScalingPart()
    cluster: ClusterPart = ClusterPart()

    @property
    def replica(self) -> Replica:
        """One replica, for the formulae; raises `TimesInvalid`."""
        times = BatchTimes({size: ms / 1000 for size, ms in self.service.ms.items()})
        return Replica(times, self.service.instances, self.service.max_batch)

    def times(self, factor: int) -> "CapacityScenario":
        """The same with so many times the load, the replicas and the nodes."""
        some, cluster = self.scaling, self.cluster
        start = None if some.start is None else some.start * factor
        scaling = some.model_copy(update={"min": some.min * factor, "max": some.max * factor, "start": start})
        nodes = {"nodes": cluster.nodes * factor, "max_nodes": cluster.max_nodes * factor}
        return self.model_copy(
            update={
                "load": self.load.times(factor),
                "scaling": scaling,
                "cluster": cluster.model_copy(update=nodes),
                "max_queue": self.max_queue * factor,
            }
        )


def read(path: Path) -> CapacityScenario:
    """Read a file; raises `CapacityInvalid` with the place that is wrong."""
    found = read_yaml(path, CapacityScenario, CapacityInvalid)
    try:
        found.load.rate(0)
        _ = found.replica
    except LoadTestError as error:
        raise CapacityInvalid(f"{path}: {error}") from None
    return found
