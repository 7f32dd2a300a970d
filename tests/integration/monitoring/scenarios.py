"""What may happen, and which alerts then fire; everything else is well meanwhile."""

from typing import NamedTuple

from tests.integration.monitoring.series import Series, always, gateway, loaded, requests, server, state


class Scenario(NamedTuple):
    """Something that happens."""

    what: str
    series: Series
    minute: int
    """When it is looked."""
    fires: tuple[str, ...] = ()
    """The alerts that fire then, and no other does."""
    without: tuple[str, ...] = ()
    """Metrics that there are none of."""


def lost(values: str) -> Series:
    return gateway("trireme_gateway_log_lost_total", values, reason="damaged")


def changes(action: str, values: str) -> Series:
    return gateway("trireme_gateway_transitions_total", values, model="cifar10", action=action)


def canary(values: str) -> Series:
    return state(4, values, "canary") | loaded(4, values)


def failed_jobs(values: str) -> Series:
    return gateway("trireme_gateway_jobs", values, kind="retrain", state="failed")


def drifting(verdict: str) -> Series:
    return gateway("trireme_gateway_drift_features", always(2), model="cifar10", verdict=verdict)


def second_gateway(up: int) -> Series:
    return gateway("up", always(up), pod=1) | gateway("trireme_gateway_rollout_keeper", always(0), pod=1)


def waiting(queue: int) -> Series:
    compute = server("nv_inference_compute_infer_duration_us", "0+10000000x60", model="cifar10", version="3")
    return compute | server("nv_inference_queue_duration_us", f"0+{queue}x60", model="cifar10", version="3")


def blind(autoscaler: str, values: str) -> Series:
    """What kube-state-metrics says of an autoscaler."""
    labels = f'namespace="prod", horizontalpodautoscaler="{autoscaler}", condition="ScalingActive", status="false"'
    return {f"kube_horizontalpodautoscaler_status_condition{{{labels}}}": values}


def pinned(asked: str = "") -> Series:
    """A version that no model server has, and who asked for it, where it may sleep."""
    name = {"model": "cifar10", "version": "5"}
    served = gateway("trireme_gateway_served_version", always(2), 0, **name)
    return served | (gateway("trireme_gateway_asked_total", asked, 0, **name) if asked else {})


def asleep() -> Series:
    labels = 'namespace="prod", horizontalpodautoscaler="keda-hpa-cifar10-a"'
    return {f"kube_horizontalpodautoscaler_status_current_replicas{{{labels}}}": always(0)}


ERRORS = ("TriremeErrorBudgetBurns", "TriremeErrorBudgetBurnsFast")
SLOWNESS = ("TriremeLatencyBudgetBurns", "TriremeLatencyBudgetBurnsFast")
UNAVAILABLE = "database-unavailable"

SCENARIOS = (
    Scenario("all is well", {}, 100),
    Scenario("one of two gateways is down", second_gateway(0), 5, ("TriremeGatewayDown",)),
    Scenario("one of two gateways is down for a moment", second_gateway(0), 1),
    Scenario("two gateways", second_gateway(1), 30),
    Scenario("the only gateway is down", gateway("up", always(0)), 5, ("TriremeGatewayAway", "TriremeGatewayDown")),
    Scenario("no gateway is known", {}, 5, ("TriremeGatewayAway",), ("up",)),
    Scenario("2 % of requests fail", requests("0+980x90", "0+20x90"), 70, ERRORS),
    Scenario("0.3 % of requests fail", requests("0+997x90", "0+3x90"), 70, ERRORS[:1]),
    Scenario("0.05 % of requests fail", requests("0+9995x90", "0+5x90"), 70),
    Scenario("errors that are over", requests("0+1000x90", "0+100x20 2000x70"), 65, ERRORS[:1]),
    Scenario("nobody calls", requests(always(0), always(0)), 70),
    Scenario("20 % of predictions are slow", requests("0+80x90", "0+20x90", "latency"), 70, SLOWNESS),
    Scenario("3 % of predictions are slow", requests("0+97x90", "0+3x90", "latency"), 70, SLOWNESS[:1]),
    Scenario("0.5 % of predictions are slow", requests("0+995x90", "0+5x90", "latency"), 70),
    Scenario(
        "the database is away",
        gateway("trireme_gateway_rejected_total", "0+6x30", code=UNAVAILABLE),
        10,
        ("TriremeDatabaseAway",),
    ),
    Scenario("the database was away", gateway("trireme_gateway_rejected_total", "0+6x10 60x30", code=UNAVAILABLE), 25),
    Scenario(
        "cards can't be read",
        gateway("trireme_gateway_catalogue_errors_total", "0+30x60"),
        20,
        ("TriremeCatalogueUnreadable",),
    ),
    Scenario("a card couldn't be read once", gateway("trireme_gateway_catalogue_errors_total", "0x10 1x60"), 25),
    Scenario("four jobs failed", failed_jobs("5x60 9x60"), 90, ("TriremeJobsFail",)),
    Scenario("one job failed", failed_jobs("5x60 6x60"), 90),
    Scenario("four jobs failed long ago", failed_jobs("5x60 9x120"), 170),
    Scenario("features have moved far", drifting("major"), 70, ("TriremeDrift",)),
    Scenario("features have moved far for half an hour", drifting("major"), 30),
    Scenario("features have moved a little", drifting("moderate"), 90),
    Scenario(
        "the database is behind", gateway("trireme_gateway_log_oldest_seconds", "0+60x60"), 20, ("TriremeLogBehind",)
    ),
    Scenario("the database is a little behind", gateway("trireme_gateway_log_oldest_seconds", always(300)), 60),
    Scenario("the journal is full", gateway("trireme_gateway_log_journal_bytes", always(9e8)), 10, ("TriremeLogFull",)),
    Scenario("the journal has something", gateway("trireme_gateway_log_journal_bytes", always(5e8)), 60),
    Scenario("the first entry was lost", lost("_x30 1x60"), 35, ("TriremeLogLost",)),
    Scenario("another entry was lost", lost("1x30 2x60"), 35, ("TriremeLogLost",)),
    Scenario("an entry was lost long ago", lost("_x30 1x60"), 60),
    Scenario("a canary stays", canary(always(1)), 70, ("TriremeRolloutStuck",)),
    Scenario("a canary", canary(always(1)), 50),
    Scenario("nobody keeps", gateway("trireme_gateway_rollout_keeper", always(0)), 10, ("TriremeKeeperMissing",)),
    Scenario("the first rollback", changes("rollback", "_x30 1x60"), 35, ("TriremeRolledBack",)),
    Scenario("another version failed", changes("fail", "1x30 2x60"), 35, ("TriremeRolledBack",)),
    Scenario("a rollback long ago", changes("rollback", "_x30 1x60"), 60),
    Scenario("a promotion", changes("promote", "_x30 1x60"), 35),
    Scenario("one of two model servers is down", server("up", always(0), pod=1), 10, ("TriremeModelServerDown",)),
    Scenario("one of two model servers starts", server("up", "0x3 1x60", pod=1), 10),
    Scenario("no replica", loaded(3, "0x10 stale"), 14, ("TriremeNoReplica",)),
    Scenario("no replica for a moment", loaded(3, "0x10 stale _x0 0x60"), 20),
    Scenario("replicas of another version alone", loaded(3, "stale") | loaded(2, always(0)), 5, ("TriremeNoReplica",)),
    Scenario(
        "no replica of a pinned version",
        pinned(),
        5,
        ("TriremeNoReplica",),
    ),
    Scenario(
        "the gateway's autoscaler sees nothing", blind("sail-gateway", always(1)), 10, ("TriremeAutoscalerBlind",)
    ),
    Scenario("a pinned version sleeps", pinned(asked=always(7)), 30),
    Scenario(
        "a pinned version that is asked for doesn't wake",
        pinned(asked="0+6x60"),
        10,
        ("TriremeNoReplica",),
    ),
    Scenario("KEDA's autoscaler scales nothing", blind("keda-hpa-cifar10-a", always(1)) | asleep(), 10),
    Scenario("KEDA's autoscaler sees nothing", blind("keda-hpa-cifar10-a", always(1)), 10, ("TriremeAutoscalerBlind",)),
    Scenario("an autoscaler sees nothing for a moment", blind("cifar10-a", "1x3 0x60"), 10),
    Scenario("another's autoscaler sees nothing", blind("others-gateway", always(1)), 10),
    Scenario("requests wait long in Triton", waiting(30_000_000), 20, ("TriremeQueueLong",)),
    Scenario("requests wait in Triton", waiting(10_000_000), 20),
)
