"""A release whose gateway does nothing by itself: its account's own token is in a test's hands."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from contract.jobs.documents import JobKind
from gateway.jobs.kubernetes.api import JobApi
from gateway.jobs.kubernetes.copying import copy_for
from gateway.jobs.launcher import Claimed
from gateway.kubernetes.place import Place
from gateway.rollout.slots.api import MANAGER, SlotApi
from gateway.rollout.slots.plan import Slot
from gateway.rollout.slots.template import read_templates
from tests.cluster.kit.cluster import Cluster
from tests.cluster.kit.errors import KubectlFailed
from tests.cluster.kit.kubectl import Kubectl, Object, wait_until
from tests.cluster.serving.chart import install

WAIT_S = 120
JOB = Claimed("019a5f6e-3c1b-7d2a-9f00-5a1c2b3d4e5f", "tiny", JobKind.RETRAIN, 1, 3600)


def values(model: str) -> dict[str, Any]:
    """Of a release with rollouts, jobs and policies, and no gateway that runs."""
    return {
        "model": {"name": model},
        "store": {"uri": "pvc://models/published"},
        "rollout": {"enabled": True},
        "jobs": {"enabled": True, "image": "trireme.test/training:none"},
        "admission": {"enabled": True},
        "modelServer": {"image": "trireme.test/modelserver:none"},
        "gateway": {
            "replicas": 0,
            "image": "trireme.test/gateway:none",
            "auth": {"secret": "accounts"},
            "database": {"secret": "rows"},
        },
    }


@dataclass(frozen=True)
class Held:
    """A release, and its gateway's account."""

    release: str
    model: str
    namespace: str
    kubectl: Kubectl
    """With the token of the gateway's account."""

    @property
    def place(self) -> Place:
        """How the gateway's own code gets there."""
        return Place(self.namespace, self.kubectl.kubeconfig)

    def job(self) -> Object:
        """The Job that the gateway makes."""
        api = JobApi(self.place, 10.0)
        try:
            cron_job = api.cron_job(f"{self.release}-trainer")
        finally:
            api.close()
        return copy_for(JOB, cron_job)

    def slot(self, version: int = 1) -> Object:
        """The InferenceService that the gateway makes."""
        api = SlotApi(self.place, f"{self.release}-slots")
        try:
            template = read_templates(api.templates())[self.model]
        finally:
            api.close()
        return dict(template.filled(Slot.A, version, is_running=True))

    def make(self, made: Object) -> None:
        """Create an object, or apply it where it is an InferenceService; nothing of it stays."""
        asked = ["create"] if made["kind"] == "Job" else ["apply", "--server-side", "--field-manager", MANAGER]
        flags = ["-n", self.namespace, "--dry-run=server", "--validate=false", "-f", "-"]
        self.kubectl.run(*asked, *flags, text=json.dumps(made))

    def refusal(self, made: Object, change: Callable[[Object], None]) -> str:
        """What is said of a changed object; empty where it is taken."""
        change(made)
        try:
            self.make(made)
        except KubectlFailed as error:
            return str(error)
        return ""

    def may(self, *what: str) -> bool:
        """Whether RBAC lets the account do something."""
        try:
            self.kubectl.run("auth", "can-i", *what, "-n", self.namespace)
        except KubectlFailed:
            return False
        return True


def hold(cluster: Cluster, namespace: str, release: str, model: str, folder: Path) -> Held:
    """Install a release, and take its gateway's token; its policies are in force when this returns."""
    install(release, namespace, values(model), cluster.kubeconfig)
    token = cluster.kubectl.run("create", "token", f"{release}-gateway", "-n", namespace).strip()
    kubeconfig = with_token(cluster.kubeconfig, token, folder / f"{release}.kubeconfig")
    held = Held(release, model, namespace, Kubectl(cluster.kubectl.program, kubeconfig))
    for made, change in ((held.job(), {"ttlSecondsAfterFinished": 1}), (held.slot(), {"transformer": {}})):
        wait_until("The policies' begin", partial(is_refused, held, made, change), timeout_s=WAIT_S)
    return held


def is_refused(held: Held, made: Object, change: Object) -> bool:
    """Whether a policy speaks already."""
    return "ValidatingAdmissionPolicy" in held.refusal(made, lambda found: found["spec"].update(change))


def with_token(kubeconfig: Path, token: str, file: Path) -> Path:
    """The same cluster, as whom a token names."""
    config = yaml.safe_load(kubeconfig.read_text())
    user = {"name": "gateway", "user": {"token": token}}
    contexts = [one | {"context": one["context"] | {"user": user["name"]}} for one in config["contexts"]]
    file.touch(mode=0o600)
    file.write_text(json.dumps(config | {"users": [user], "contexts": contexts}))
    return file
