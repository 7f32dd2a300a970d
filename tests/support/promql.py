"""What PromQL expressions are about, and what there is."""

import re

from gateway.metrics import Metrics

TRITON = frozenset(
    {
        *(f"nv_inference_{name}" for name in ("count", "exec_count", "request_success", "request_failure")),
        *(f"nv_inference_{name}_duration_us" for name in ("request", "queue")),
        *(f"nv_inference_compute_{name}_duration_us" for name in ("input", "infer", "output")),
        "nv_inference_pending_request_count",
        *(f"nv_gpu_{name}" for name in ("utilization", "memory_used_bytes", "memory_total_bytes")),
    }
)
"""Metrics of Triton, from the embedded release 2.51 on."""
DCGM = frozenset(
    {"DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE", "DCGM_FI_PROF_GR_ENGINE_ACTIVE"}
)
"""Metrics of NVIDIA's exporter."""
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
WORDS = frozenset({"and", "or", "unless", "offset", "bool"})
_ASIDE = re.compile(r'"[^"]*"|\{[^{}]*\}|\[[^]]*\]|\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)')
_NAME = re.compile(r"\b[A-Za-z_:][\w:]*\b(?!\s*\()")


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression names."""
    # Strings first: they may hold braces.
    bare = _ASIDE.sub(" ", re.sub(r'"[^"]*"', "", expression))
    return set(_NAME.findall(bare)) - WORDS


def gateway_metrics() -> set[str]:
    """Every series that a gateway has, by name."""
    families = Metrics().registry.collect()
    return {family.name + suffix for family in families for suffix in SUFFIXES.get(family.type, ("",))}
