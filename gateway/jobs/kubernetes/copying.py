"""From the suspended CronJob to a job's own Job: everything is copied, and only what names the job is added."""

import copy
from typing import Any

from gateway.jobs.errors import LaunchFailed
from gateway.jobs.launcher import Claimed

JOB, ATTEMPT = "trireme.dev/job", "trireme.dev/attempt"
"""Annotations of the pod, which tell it by the downward API what to do; labels of the Job, for people."""
BY_HAND = {"cronjob.kubernetes.io/instantiate": "manual"}
"""As `kubectl create job --from` marks that no schedule made the Job."""

Raw = dict[str, Any]


def name_of(job: Claimed) -> str:
    """The Job's name: the same for each try to launch an attempt, so that it can't be launched twice."""
    return f"{job.kind.value}-{job.id}-{job.attempt}"


def copy_for(job: Claimed, cron_job: Raw) -> Raw:
    """The Job; raises `LaunchFailed` where the CronJob is no template."""
    try:
        return _copied(job, cron_job)
    except (KeyError, TypeError, AttributeError):
        raise LaunchFailed("The CronJob of the trainer is none that can be copied.", again=False) from None


def _copied(job: Claimed, cron_job: Raw) -> Raw:
    if cron_job["spec"].get("suspend") is not True:
        # One that runs by its schedule would start pods that no row asked for.
        raise LaunchFailed("The CronJob of the trainer is not suspended, so it is no template.", again=False)
    template = cron_job["spec"]["jobTemplate"]
    ours = {JOB: job.id, ATTEMPT: str(job.attempt)}
    spec = copy.deepcopy(template["spec"])
    pod = _of(spec["template"], "metadata")
    spec["template"]["metadata"] = pod | {"annotations": _of(pod, "annotations") | ours}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name_of(job),
            "labels": _of(_of(template, "metadata"), "labels") | ours,
            "annotations": _of(_of(template, "metadata"), "annotations") | BY_HAND,
            "ownerReferences": [_owner(cron_job)],
        },
        "spec": spec,
    }


def _owner(cron_job: Raw) -> Raw:
    """Who takes the Job along when it goes; it doesn't wait for it, which would need one more permission."""
    metadata = cron_job["metadata"]
    named = {"name": metadata["name"], "uid": metadata["uid"]}
    return {"apiVersion": "batch/v1", "kind": "CronJob", **named, "controller": True}


def _of(holder: Raw, key: str) -> Raw:
    # Kubernetes writes null where a map is empty in some versions.
    return dict(holder.get(key) or {})
