"""The chart's ServiceMonitor and PodMonitor as scrape configurations, as the Prometheus Operator would make them."""

import re
from collections.abc import Iterator
from typing import Any

from tests.cluster.kit.kubectl import Object

TARGETS = "/targets/targets.json"
POD = "__meta_kubernetes_pod"
# A monitor's endpoint in Kubernetes' spelling, and Prometheus' own.
RELABELING = {"sourceLabels": "source_labels", "targetLabel": "target_label"}


def scrape_config(monitor: Object, namespace: str) -> Object:
    """The one endpoint of a monitor in a namespace. Of a Service its pods are scraped, which have its labels here."""
    of_pods = monitor["kind"] == "PodMonitor"
    name, spec = monitor["metadata"]["name"], monitor["spec"]
    (endpoint,) = spec["podMetricsEndpoints" if of_pods else "endpoints"]
    job = f"{namespace}/{name}" if of_pods else name
    return {
        "job_name": f"{namespace}/{name}",
        "metrics_path": endpoint["path"],
        "scrape_interval": endpoint["interval"],
        "scrape_timeout": endpoint["interval"],
        "file_sd_configs": [{"files": [TARGETS], "refresh_interval": "2s"}],
        "relabel_configs": [
            _keep("__meta_kubernetes_namespace", namespace),
            _keep(f"{POD}_container_port_name", endpoint["port"]),
            *_selected(spec["selector"]),
            _copy("__meta_kubernetes_namespace", "namespace"),
            _copy(f"{POD}_name", "pod"),
            {"target_label": "job", "replacement": job},
            *map(_spelled, endpoint.get("relabelings", ())),
        ],
        "metric_relabel_configs": list(map(_spelled, endpoint.get("metricRelabelings", ()))),
    }


def _selected(selector: Object) -> Iterator[Object]:
    for name, value in selector.get("matchLabels", {}).items():
        yield _keep(_label(name), value)
    for one in selector.get("matchExpressions", ()):
        assert one["operator"] == "In", one
        yield {
            "action": "keep",
            "source_labels": [_label(one["key"])],
            "regex": "|".join(map(re.escape, one["values"])),
        }


def _label(name: str) -> str:
    return f"{POD}_label_{re.sub('[^a-zA-Z0-9_]', '_', name)}"


def _keep(label: str, value: str) -> Object:
    return {"action": "keep", "source_labels": [label], "regex": re.escape(value)}


def _copy(label: str, target: str) -> Object:
    return {"source_labels": [label], "target_label": target}


def _spelled(relabeling: Any) -> Object:
    return {RELABELING.get(name, name): value for name, value in relabeling.items()}
