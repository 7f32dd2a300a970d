"""Series of a release `sail` in the namespace `prod`, one sample a minute, as promtool writes them."""

Series = dict[str, str]
ALWAYS = 400
"""Minutes that what doesn't change goes on."""


def gateway(name: str, values: str, pod: int = 0, **labels: str) -> Series:
    """A series of a gateway."""
    return _series(name, values, namespace="prod", job="sail-gateway", pod=f"sail-gateway-{pod}", **labels)


def server(name: str, values: str, pod: int = 0, **labels: str) -> Series:
    """A series of a model server."""
    given = {"slot": "cifar10-a", "pod": f"cifar10-a-{pod}"} | labels
    return _series(name, values, namespace="prod", job="prod/sail-models", **given)


def requests(good: str, bad: str, slo: str = "availability") -> Series:
    """Requests that a service level counts."""
    name = "trireme_gateway_slo_requests_total"
    return gateway(name, good, model="cifar10", slo=slo, good="true") | gateway(
        name, bad, model="cifar10", slo=slo, good="false"
    )


def state(version: int, value: str, state: str = "stable") -> Series:
    """The state of a version."""
    return gateway("trireme_gateway_version_state", value, model="cifar10", version=str(version), state=state)


def loaded(version: int, values: str, pod: int = 0) -> Series:
    """What tells that a model server has a version."""
    name = "nv_inference_pending_request_count"
    return server(name, values, pod, model="cifar10", version=str(version))


def always(value: float) -> str:
    """The same value all the time."""
    return f"{value}x{ALWAYS}"


def healthy() -> Series:
    """A gateway and a model server with which all is well."""
    return {
        **gateway("up", always(1)),
        **server("up", always(1)),
        **requests(f"0+6000x{ALWAYS}", always(0)),
        **requests(f"0+6000x{ALWAYS}", f"0+6x{ALWAYS}", slo="latency"),
        **gateway("trireme_gateway_rollout_keeper", always(1)),
        **gateway("trireme_gateway_catalogue_errors_total", always(0)),
        **gateway("trireme_gateway_jobs", always(5), kind="retrain", state="failed"),
        **gateway("trireme_gateway_log_oldest_seconds", always(0)),
        **gateway("trireme_gateway_log_journal_bytes", always(0)),
        **gateway("trireme_gateway_drift_features", always(0), model="cifar10", verdict="major"),
        **gateway("trireme_gateway_rejected_total", f"0+2x{ALWAYS}", code="picture-unsupported"),
        **state(3, always(1)),
        **loaded(3, always(0)),
    }


def _series(name: str, values: str, **labels: str) -> Series:
    given = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    return {f"{name}{{{given}}}": values}
