"""A plan as values of the chart, and as a document for programs."""

from dataclasses import asdict
from typing import Any, Literal

from loadtest.capacity.hpa import Rules
from trireme.autoscale.plan import Plan
from trireme.autoscale.reasons import FORMULA, reasons

Provider = Literal["hpa", "keda"]


def chart_values(plan: Plan, provider: Provider) -> dict[str, Any]:
    """What `helm upgrade --values` takes."""
    targets = plan.targets
    return {
        "autoscaling": {
            "provider": provider,
            "model": {
                "minReplicas": plan.min_replicas,
                "maxReplicas": plan.max_replicas,
                "instances": plan.service.replica.instances,
                "targets": {
                    "inFlight": targets.in_flight,
                    "itemRate": targets.item_rate,
                    "busyShare": targets.busy_share,
                    "queueRatio": targets.queue_ratio,
                    "cpuPercent": targets.cpu_percent,
                },
                "behavior": {"scaleUp": _direction(plan.behaviour.up), "scaleDown": _direction(plan.behaviour.down)},
            },
        }
    }


def document(plan: Plan, provider: Provider) -> dict[str, Any]:
    """All of a plan."""
    replica = plan.service.replica
    return {
        "model": plan.model,
        "service": {
            "source": plan.service.source,
            "ms_by_batch": {str(size): seconds * 1000 for size, seconds in replica.times.points},
            "instances": replica.instances,
            "max_batch": replica.max_batch,
        },
        "wish": asdict(plan.wish),
        "capacity": replica.capacity,
        "highest_rate": plan.highest_rate,
        "target_rate": plan.target_rate,
        "replicas": {f"{rate:g}": plan.replicas(rate) for rate in plan.wish.rates},
        "formula": FORMULA,
        "reasons": [one._asdict() for one in reasons(plan)],
        "values": chart_values(plan, provider),
    }


def _direction(rules: Rules) -> dict[str, Any]:
    return {
        "stabilizationWindowSeconds": rules.stabilization_s,
        "selectPolicy": rules.select,
        "policies": [{"type": one.type, "value": one.value, "periodSeconds": one.period_s} for one in rules.policies],
        "tolerance": rules.tolerance,
    }
