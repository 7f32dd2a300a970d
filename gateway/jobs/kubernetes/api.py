"""The few requests that jobs need of the Kubernetes API.

Bodies and answers stay the JSON that they are: a copy that dropped a field would not be the trainer's pod.
"""

from gateway.kubernetes.place import Place
from gateway.kubernetes.requests import Raw, Requests

JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
MAX_LOG = 16 * 1024
LOG_LINES = 20
MAX_PODS = 20

CRON_JOBS = "/apis/batch/v1/namespaces/{namespace}/cronjobs"
JOBS = "/apis/batch/v1/namespaces/{namespace}/jobs"
PODS = "/api/v1/namespaces/{namespace}/pods"


class JobApi:
    """Blocking requests about one namespace's jobs, safe for several threads; all raise `ApiAway` and `ApiRefused`."""

    def __init__(self, place: Place, timeout_s: float) -> None:
        self._requests = Requests(place, timeout_s)

    def cron_job(self, name: str) -> Raw:
        """A CronJob."""
        return self._requests.json("GET", CRON_JOBS + "/{name}", name=name)

    def create(self, job: Raw) -> None:
        """Make a Job."""
        self._requests.json("POST", JOBS, body=job)

    def job(self, name: str) -> Raw:
        """A Job."""
        return self._requests.json("GET", JOBS + "/{name}", name=name)

    def delete(self, name: str) -> None:
        """Remove a Job and its pods; the Job is seen until the pods have ended."""
        self._requests.json("DELETE", JOBS + "/{name}", name=name, query={"propagationPolicy": "Foreground"})

    def pods(self, job: str) -> list[Raw]:
        """A Job's pods, as many as are worth a look."""
        wanted = {"labelSelector": f"{JOB_NAME_LABEL}={job}", "limit": str(MAX_PODS)}
        items = self._requests.json("GET", PODS, query=wanted).get("items")
        return items if isinstance(items, list) else []

    def log(self, pod: str, container: str) -> bytes:
        """The end of what a container wrote."""
        wanted = {"container": container, "tailLines": str(LOG_LINES), "limitBytes": str(MAX_LOG)}
        return self._requests.read("GET", PODS + "/{name}/log", name=pod, query=wanted)[:MAX_LOG]

    def close(self) -> None:
        """End the connections."""
        self._requests.close()
