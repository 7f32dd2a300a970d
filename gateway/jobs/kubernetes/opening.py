"""Building the launcher."""

from gateway.jobs.kubernetes.api import JobApi
from gateway.jobs.kubernetes.launcher import KubernetesLauncher
from gateway.jobs.kubernetes.place import place_of
from gateway.jobs.kubernetes.settings import KubernetesJobSettings


def kubernetes_launcher(settings: KubernetesJobSettings) -> KubernetesLauncher:
    """What runs jobs on the cluster; it connects when it is used. Raises `SettingsInvalid`."""
    api = JobApi(place_of(settings), settings.job_request_s)
    return KubernetesLauncher(api, settings.job_cronjob, pull_s=settings.job_pull_s)
