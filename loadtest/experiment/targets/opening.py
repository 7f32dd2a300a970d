"""The target that a plan names."""

from loadtest.experiment.plan import LocalPart, Plan
from loadtest.experiment.targets.target import Target


def target_of(plan: Plan) -> Target:
    """Nothing is started yet; raises `LoadTestError`."""
    if isinstance(plan.target, LocalPart):
        from loadtest.experiment.targets.local import LocalTarget  # noqa: PLC0415 - each kind needs its own libraries

        return LocalTarget(plan.target, plan.model)
    from loadtest.experiment.targets.cluster import ClusterTarget  # noqa: PLC0415

    return ClusterTarget(plan.target)
