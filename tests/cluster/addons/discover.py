"""Prometheus' discovery of pods, which Debian's build lacks: writes the running pods' ports as `file_sd` wants them.

It runs in a pod, by itself, with the standard library alone. usage: discover.py FILE
"""

import json
import re
import ssl
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PODS = "https://kubernetes.default.svc/api/v1/pods?fieldSelector=status.phase%3DRunning"
EVERY_S = 1.0


def main(file: Path) -> None:
    """Write the file anew each second, whole at any time."""
    trust = ssl.create_default_context(cafile=ACCOUNT / "ca.crt")
    while True:
        try:
            new = file.with_suffix(".new")
            new.write_text(json.dumps(list(targets(listed(trust)))))
            new.rename(file)
        except OSError as error:
            print(error, file=sys.stderr, flush=True)
        time.sleep(EVERY_S)


def listed(trust: ssl.SSLContext) -> list[dict[str, Any]]:
    """The cluster's running pods; raises `OSError`."""
    headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"}
    request = urllib.request.Request(PODS, headers=headers)
    with urllib.request.urlopen(request, timeout=10, context=trust) as answer:
        found: list[dict[str, Any]] = json.load(answer)["items"]
    return found


def targets(pods: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One target a port, with the labels of Prometheus' own discovery."""
    for pod in pods:
        for container in pod["spec"]["containers"]:
            for port in container.get("ports", ()):
                address = f"{pod['status'].get('podIP', '')}:{port['containerPort']}"
                yield {"targets": [address], "labels": labels(pod, port.get("name", ""))}


def labels(pod: dict[str, Any], port: str) -> dict[str, str]:
    """What a pod and a port of it are called."""
    metadata = pod["metadata"]
    own = {
        f"__meta_kubernetes_pod_label_{re.sub('[^a-zA-Z0-9_]', '_', name)}": value
        for name, value in metadata.get("labels", {}).items()
    }
    return own | {
        "__meta_kubernetes_namespace": metadata["namespace"],
        "__meta_kubernetes_pod_name": metadata["name"],
        "__meta_kubernetes_pod_container_port_name": port,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
