"""A way from the machine of the tests to a port inside the cluster."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.kit.kubectl import Kubectl

ADDRESS = re.compile(r"Forwarding from (127\.0\.0\.1:\d+) ")


@contextmanager
def forwarded(kubectl: Kubectl, namespace: str, resource: str, port: int) -> Iterator[str]:
    """Forward a free local port to `resource`, such as `service/gateway`; gives host and port."""
    process = subprocess.Popen(
        [kubectl.program, "port-forward", "--namespace", namespace, "--address=127.0.0.1", resource, f":{port}"],
        env=kubectl.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        match = ADDRESS.match(process.stdout.readline())
        assert match, f"{resource} can't be reached"
        yield match[1]
    finally:
        process.terminate()
        process.communicate()
