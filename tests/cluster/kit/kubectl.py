"""kubectl, with objects in and out."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.cluster.kit.errors import ClusterTimeout, KubectlFailed

Object = dict[str, Any]


class Kubectl:
    """kubectl with one kubeconfig. Every method raises `KubectlFailed` with what kubectl said."""

    def __init__(self, program: str | Path, kubeconfig: Path) -> None:
        self.program = str(program)
        self.kubeconfig = kubeconfig

    @property
    def environment(self) -> dict[str, str]:
        """The caller's environment, with this cluster's KUBECONFIG."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig)}

    def run(self, *arguments: str, text: str | None = None, timeout_s: float = 120) -> str:
        """Run `kubectl ARGUMENTS`, with `text` as its standard input; gives its output."""
        try:
            done = subprocess.run(
                [self.program, *arguments],
                input=text,
                stdin=subprocess.DEVNULL if text is None else None,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ClusterTimeout(f"`kubectl {arguments[0]}` took longer than {timeout_s:g} s.") from error
        if done.returncode:
            raise KubectlFailed(f"`kubectl {' '.join(arguments[:3])}` failed: {done.stderr.strip()}")
        return done.stdout

    def apply(self, objects: Iterable[Mapping[str, Any]], *, namespace: str = "", dry_run: bool = False) -> None:
        """Apply objects on the server's side, which also takes those too large for an annotation.

        With `namespace`, objects that name another are refused.
        """
        content = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        flags = ["--dry-run=server"] * dry_run + [f"--namespace={namespace}"] * bool(namespace)
        self.run("apply", "--server-side", "--force-conflicts", *flags, "-f", "-", text=content)

    def get(self, resource: str, *, namespace: str = "default") -> Object:
        """Read one object, `deployment/echo`, or a list, `pods`."""
        found: Object = json.loads(self.run("get", resource, "-n", namespace, "-o", "json"))
        return found

    def wait(self, condition: str, resource: str, *, namespace: str = "default", timeout_s: float = 120) -> None:
        """Wait for a condition, `condition=Ready` or `delete`; raises `ClusterTimeout` too."""
        arguments = ("wait", f"--for={condition}", resource, "-n", namespace, f"--timeout={timeout_s:.0f}s")
        self.run(*arguments, timeout_s=timeout_s + 10)

    def rolled_out(self, workload: str, *, namespace: str = "default", timeout_s: float = 120) -> None:
        """Wait until a workload's newest pods are all ready."""
        self.run(
            "rollout", "status", workload, "-n", namespace, f"--timeout={timeout_s:.0f}s", timeout_s=timeout_s + 10
        )

    def delete(self, resource: str, *, namespace: str = "default", wait: bool = True) -> None:
        """Delete an object if it's there."""
        self.run("delete", resource, "-n", namespace, "--ignore-not-found", f"--wait={str(wait).lower()}")


def wait_until(what: str, true: Callable[[], bool], *, timeout_s: float, every_s: float = 0.1) -> None:
    """Ask until the answer is yes; raises `ClusterTimeout`, which says that `what` didn't happen."""
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            raise ClusterTimeout(f"{what} did not happen within {timeout_s:g} s.")
        time.sleep(every_s)


def succeeds(action: Callable[[], object]) -> bool:
    """Whether a kubectl action works, for `wait_until`."""
    try:
        action()
    except KubectlFailed:
        return False
    return True
