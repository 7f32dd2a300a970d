"""What the gateway answers about autoscalers."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel

from contract.moments import Span
from contract.names import ModelName
from gateway.autoscaling.decisions import Event
from gateway.autoscaling.explaining import Explained, explain
from gateway.autoscaling.reading import Metric, Reading

POINTS = 240
"""Of a series, at most; beyond that it is thinned evenly."""


class MetricAnswer(BaseModel):
    """A metric of the autoscaler now."""

    name: str
    kind: str
    """`External`, `Pods`, `Object`, `Resource` or `ContainerResource`."""
    of: Literal["averageValue", "value", "averageUtilization"]
    """What its target is: a value a replica, a value of all, or percent of what pods request."""
    value: float | None
    """Null where it can't be had."""
    target: float
    wanted: int | None
    """Replicas that it asks for, as far as a status tells."""


class StepAnswer(BaseModel):
    """A new number of replicas, and why."""

    time: AwareDatetime
    before: int | None
    """Null where it wasn't seen."""
    after: int
    metric: str | None
    """The one that asked for the most; null where none decided, or its value wasn't recorded."""
    value: float | None
    target: float | None
    wanted: int | None
    """Replicas that it asked for."""
    limit: Literal["none", "bound", "policy", "stabilization", "disabled"]
    """What kept the step smaller."""
    sentence: str


class EventAnswer(BaseModel):
    """An event of Kubernetes."""

    time: AwareDatetime
    type: str
    reason: str
    message: str


class PointAnswer(BaseModel):
    """How it stood at a time."""

    time: AwareDatetime
    current: int
    desired: int
    metrics: dict[str, float | None]
    """Values by metric."""


class AutoscalerAnswer(BaseModel):
    """One HorizontalPodAutoscaler."""

    name: str
    workload: str
    """The Deployment that it scales."""
    least: int
    most: int
    current: int
    desired: int
    metrics: list[MetricAnswer]
    now: StepAnswer
    """Why there are as many as there are."""
    decisions: list[StepAnswer]
    events: list[EventAnswer]
    series: list[PointAnswer]


class AutoscalingAnswer(BaseModel):
    """A model's autoscalers over a time."""

    model: ModelName
    since: AwareDatetime
    until: AwareDatetime
    recorded_since: AwareDatetime | None
    """When this gateway began to look: of what was before, it knows Kubernetes' events alone. Null: it doesn't look."""
    note: str | None
    """Where nothing scales the model: that, in a sentence."""
    autoscalers: list[AutoscalerAnswer]


def autoscaler(readings: Sequence[Reading], events: Sequence[Event], span: Span) -> AutoscalerAnswer:
    """One autoscaler; `readings` and `events` may go beyond the time asked for."""
    since, until = span.since.timestamp(), span.until.timestamp()
    inside = [one for one in readings if one.time < until] or readings[:1]
    found = explain(inside, [one for one in events if one.time < until])
    last = inside[-1]
    return AutoscalerAnswer(
        name=last.name,
        workload=last.workload,
        least=last.least,
        most=last.most,
        current=last.current,
        desired=last.desired,
        metrics=[_metric(last, one) for one in last.metrics],
        now=_step(found.now),
        decisions=[_step(one) for one in found.steps if one.time >= since],
        events=[_event(one) for one in events if since <= one.time < until],
        series=list(_series([one for one in inside if one.time >= since])),
    )


def _metric(reading: Reading, metric: Metric) -> MetricAnswer:
    return MetricAnswer(
        name=metric.name,
        kind=metric.kind,
        of=metric.field,
        value=metric.value,
        target=metric.target,
        wanted=reading.wanted(metric),
    )


def _step(one: Explained) -> StepAnswer:
    metric = one.metric
    return StepAnswer(
        time=_moment(one.time),
        before=one.before,
        after=one.after,
        metric=None if metric is None else metric.name,
        value=None if metric is None else metric.value,
        target=None if metric is None else metric.target,
        wanted=one.wanted,
        limit=one.limit.kind,
        sentence=one.sentence,
    )


def _event(one: Event) -> EventAnswer:
    return EventAnswer(time=_moment(one.time), type=one.type, reason=one.reason, message=one.message)


def _series(readings: Sequence[Reading]) -> Iterator[PointAnswer]:
    every = max(1, -(-len(readings) // POINTS))
    for one in readings[::every]:
        values = {metric.name: metric.value for metric in one.metrics}
        yield PointAnswer(time=_moment(one.time), current=one.current, desired=one.desired, metrics=values)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
