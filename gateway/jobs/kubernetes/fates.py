"""What has become of a job, read from its Job and its pods."""

from collections.abc import Iterable, Sequence
from typing import Any

Raw = dict[str, Any]

PULLS = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
MAKES = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError"})

OUT_OF_MEMORY = "The job's pod was ended because it used more memory than it may."
EVICTED = "The job's pod was evicted: its node was short of something."
DISRUPTED = "The job's pod was taken from its node."
TOO_LONG = "The job took longer than its Kubernetes Job may."
NOT_PULLED = "The image of the job can't be pulled."
NOT_MADE = "The container of the job can't be made."
NO_NODE = "The job waits for a node that has room for it."
REMOVED = "The job's Kubernetes Job is not there any more."


def is_over(job: Raw) -> bool:
    """Whether Kubernetes has finished with a Job."""
    return bool(_true_conditions(job) & {"Complete", "Failed"})


def why_it_ended(job: Raw, pods: Sequence[Raw]) -> str | None:
    """A sentence about a finished Job; None where nothing is known but that it ended."""
    return _why_pods_ended(pods) or (TOO_LONG if "DeadlineExceeded" in _reasons_of_failure(job) else None)


def what_it_lacks(pods: Iterable[Raw]) -> str | None:
    """Why pods can't begin, where their image or their settings are the reason; None where nothing is wrong."""
    waiting = {reason for pod in pods for state in _states(pod) for reason in [_text(state.get("waiting"), "reason")]}
    if waiting & PULLS:
        return NOT_PULLED
    return NOT_MADE if waiting & MAKES else None


def what_it_waits_for(pods: Iterable[Raw]) -> str | None:
    """Why pods wait, where that is no fault; None where they run or nothing is known."""
    conditions = [one for pod in pods for one in _list(pod.get("status"), "conditions")]
    is_waiting = any(one.get("type") == "PodScheduled" and one.get("reason") == "Unschedulable" for one in conditions)
    return NO_NODE if is_waiting else None


def failed_container(pods: Iterable[Raw]) -> tuple[str, str, int] | None:
    """Pod, container and exit status of a container that ended badly; None without one."""
    for pod in pods:
        for status in _statuses(pod):
            code = _ending(status).get("exitCode")
            if isinstance(code, int) and code:
                return _text(pod.get("metadata"), "name"), _text(status, "name"), code
    return None


def _why_pods_ended(pods: Sequence[Raw]) -> str | None:
    if any(_text(pod.get("status"), "reason") == "Evicted" for pod in pods):
        return EVICTED
    if any(_text(_ending(status), "reason") == "OOMKilled" for pod in pods for status in _statuses(pod)):
        return OUT_OF_MEMORY
    return DISRUPTED if any("DisruptionTarget" in _true_conditions(pod) for pod in pods) else None


def _reasons_of_failure(job: Raw) -> set[str]:
    conditions = _list(job.get("status"), "conditions")
    return {_text(one, "reason") for one in conditions if one.get("type") in {"Failed", "FailureTarget"}}


def _true_conditions(thing: Raw) -> set[str]:
    conditions = _list(thing.get("status"), "conditions")
    return {_text(one, "type") for one in conditions if one.get("status") == "True"}


def _statuses(pod: Raw) -> list[Raw]:
    status = pod.get("status")
    return [*_list(status, "initContainerStatuses"), *_list(status, "containerStatuses")]


def _states(pod: Raw) -> list[Raw]:
    return [_dict(status.get("state")) for status in _statuses(pod)]


def _ending(status: Raw) -> Raw:
    state, last = _dict(status.get("state")), _dict(status.get("lastState"))
    return _dict(state.get("terminated")) or _dict(last.get("terminated"))


def _list(holder: Any, key: str) -> list[Raw]:
    found = _dict(holder).get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _dict(value: Any) -> Raw:
    return value if isinstance(value, dict) else {}


def _text(holder: Any, key: str) -> str:
    found = _dict(holder).get(key)
    return found if isinstance(found, str) else ""
