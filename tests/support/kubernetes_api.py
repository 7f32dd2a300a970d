"""A small Kubernetes API over real HTTP; it misbehaves when told to.

It knows Jobs, one CronJob, pods and their logs, ConfigMaps, InferenceServices that are applied
server-side, HorizontalPodAutoscalers, and events.
"""

import json
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Raw = dict[str, Any]

NAMESPACE, CRON_JOB, TOKEN = "prod", "trireme-trainer", "the-token"


@dataclass
class Fault:
    """What happens to requests of one method and path, in place of an answer."""

    method: str
    path: str
    """A part of it."""
    status: int = 0
    """0: the connection is closed without a word."""
    message: str = ""
    times: int = 10**9
    after: bool = False
    """Whether the request is carried out first."""
    delay_s: float = 0.0


@dataclass
class Cluster:
    """What the API holds."""

    cron_jobs: dict[str, Raw] = field(default_factory=dict)
    jobs: dict[str, Raw] = field(default_factory=dict)
    pods: dict[str, Raw] = field(default_factory=dict)
    config_maps: dict[str, Raw] = field(default_factory=dict)
    services: dict[str, Raw] = field(default_factory=dict)
    """InferenceServices."""
    replicas: dict[str, int] = field(default_factory=dict)
    """How many each Deployment is to have."""
    autoscalers: dict[str, Raw] = field(default_factory=dict)
    """HorizontalPodAutoscalers."""
    events: list[Raw] = field(default_factory=list)
    logs: dict[str, bytes] = field(default_factory=dict)
    """By `pod/container`."""
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Method, path with query, and body of each so far."""
    tokens: list[str | None] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add_pod(self, job: str, status: Raw, name: str = "pod") -> None:
        """A pod of a Job."""
        labels = {"batch.kubernetes.io/job-name": job}
        self.pods[name] = {"metadata": {"name": name, "labels": labels}, "status": status}

    def sent(self, method: str) -> list[tuple[str, bytes]]:
        """Path and body of each request of a method."""
        return [(path, body) for sent, path, body in self.requests if sent == method]


@contextmanager
def serve_kubernetes(cluster: Cluster, port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Cluster]:
    """Serve until the block ends; sets `cluster.url`."""
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"cluster": cluster}))
    server.daemon_threads = False
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    cluster.url = f"http{'' if tls is None else 's'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield cluster
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def kubeconfig(folder: Path, url: str) -> Path:
    """A file that leads to the server."""
    clusters = [{"name": "c", "cluster": {"server": url}}]
    users = [{"name": "u", "user": {"token": TOKEN}}]
    contexts = [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "elsewhere"}}]
    document = {"apiVersion": "v1", "kind": "Config", "current-context": "x"}
    path = folder / "kubeconfig"
    path.write_text(json.dumps({**document, "clusters": clusters, "users": users, "contexts": contexts}))
    return path


def problem(status: int, reason: str, message: str = "") -> Raw:
    """An error as Kubernetes writes it."""
    said = {"status": "Failure", "message": message or reason, "reason": reason, "code": status}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, **said}


class _Handler(BaseHTTPRequestHandler):
    cluster: Cluster

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PATCH(self) -> None:
        self._answer("PATCH")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.cluster.lock:
            self.cluster.requests.append((method, self.path, body))
            self.cluster.tokens.append(self.headers.get("Authorization"))
            fault = next((one for one in self.cluster.faults if one.times and self._meets(method, one)), None)
            if fault is not None:
                fault.times -= 1
            answer = None if fault is not None and not fault.after else self._carried_out(method, body)
        if fault is None:
            self._send(*(answer or (404, problem(404, "NotFound"))))
            return
        time.sleep(fault.delay_s)
        if fault.status:
            self._send(fault.status, problem(fault.status, "Told", fault.message))

    def _meets(self, method: str, fault: Fault) -> bool:
        return fault.method == method and fault.path in self.path

    def _carried_out(self, method: str, body: bytes) -> tuple[int, Raw | bytes] | None:
        address = urlsplit(self.path)
        group = r"/(?:api/v1|apis/[a-z.]+/v[12](?:beta1)?)"
        match = re.fullmatch(rf"{group}/namespaces/{NAMESPACE}/([a-z]+)(/.*)?", address.path)
        if match is None:
            return None
        kind, name = match[1], (match[2] or "").removeprefix("/")
        if method == "POST":
            return self._created(json.loads(body))
        if method == "DELETE":
            return self._deleted(name)
        if method == "PATCH":
            if name.endswith("/scale"):
                return self._scaled(name.removesuffix("/scale"), json.loads(body))
            return self._applied(name, body, parse_qs(address.query))
        return self._found(kind, name, parse_qs(address.query))

    def _created(self, job: Raw) -> tuple[int, Raw]:
        name = job["metadata"]["name"]
        if name in self.cluster.jobs:
            return 409, problem(409, "AlreadyExists")
        self.cluster.jobs[name] = job
        return 201, job

    def _scaled(self, name: str, change: Raw | None = None) -> tuple[int, Raw] | None:
        if name not in self.cluster.replicas:
            return None
        self.cluster.replicas[name] = (change or {}).get("spec", {}).get("replicas", self.cluster.replicas[name])
        return 200, {"kind": "Scale", "spec": {"replicas": self.cluster.replicas[name]}}

    def _applied(self, name: str, body: bytes, query: dict[str, list[str]]) -> tuple[int, Raw]:
        if self.headers["Content-Type"] != "application/apply-patch+yaml" or "fieldManager" not in query:
            return 415, problem(415, "UnsupportedMediaType")
        status = self.cluster.services.get(name, {}).get("status", {})
        self.cluster.services[name] = json.loads(body) | {"status": status}
        return 200, self.cluster.services[name]

    def _deleted(self, name: str) -> tuple[int, Raw] | None:
        found = self.cluster.jobs.get(name)
        if found is None:
            return None
        # Foreground: it stays until its pods are gone.
        found["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        return 200, found

    def _found(self, kind: str, name: str, query: dict[str, list[str]]) -> tuple[int, Raw | bytes] | None:
        if kind == "pods":
            return self._pods(query) if not name else self._log(name.removesuffix("/log"), query)
        if kind in {"horizontalpodautoscalers", "events"}:
            items = self.cluster.events if kind == "events" else list(self.cluster.autoscalers.values())
            return 200, {"kind": "List", "apiVersion": "v1", "items": items}
        if kind == "deployments":
            return self._scaled(name.removesuffix("/scale"))
        kinds = {
            "cronjobs": self.cluster.cron_jobs,
            "jobs": self.cluster.jobs,
            "configmaps": self.cluster.config_maps,
            "inferenceservices": self.cluster.services,
        }
        found = kinds.get(kind, {}).get(name)
        return None if found is None else (200, found)

    def _pods(self, query: dict[str, list[str]]) -> tuple[int, Raw]:
        label, _, value = query["labelSelector"][0].partition("=")
        items = [pod for pod in self.cluster.pods.values() if pod["metadata"]["labels"].get(label) == value]
        return 200, {"kind": "PodList", "apiVersion": "v1", "items": items}

    def _log(self, pod: str, query: dict[str, list[str]]) -> tuple[int, bytes] | None:
        written = self.cluster.logs.get(f"{pod}/{query['container'][0]}")
        if written is None:
            return None
        lines = written.splitlines(keepends=True)[-int(query["tailLines"][0]) :]
        return 200, b"".join(lines)[: int(query["limitBytes"][0])]

    def _send(self, status: int, content: Raw | bytes) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(content, bytes) else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # who asked has gone

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""
