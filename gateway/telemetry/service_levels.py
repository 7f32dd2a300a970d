"""What the service promises, counted so that an alert needs nothing but ratios of rates."""

from collections.abc import Iterable

from prometheus_client import Counter
from starlette.types import Scope

PREDICT = "/v1/models/{model}/predict"
TENSORS = ("/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer")
ROUTES = frozenset({PREDICT, f"{PREDICT}/batch", *TENSORS})
"""Requests for predictions; how long a batch takes is its sender's choice, so it has no promise of latency."""
MODEL_PLACE = 3
"""Of the model's name among the parts of such a path."""
CLIENT_GONE = 499
ASLEEP = "model-waking"
AVAILABILITY, LATENCY = "availability", "latency"


class ServiceLevels:
    """Counts good and bad answers a model.

    Who finds a model asleep doesn't count: whoever lets it sleep chose so.

    Availability: an answer is bad from status 500 on; what is the caller's fault is good. A caller who left doesn't
    count, nor does one who was turned away before the router: not known, not allowed, too often. Latency: of the single
    predictions that succeeded, those within `latency_s` seconds are good.
    """

    def __init__(self, requests: Counter, *, latency_s: float) -> None:
        self._requests = requests
        self._latency_s = latency_s
        self._models: frozenset[str] = frozenset()

    def set_models(self, models: Iterable[str]) -> None:
        """Count for these models only; a name that a caller made up is no label."""
        wanted = frozenset(models)
        for model in self._models - wanted:
            self._requests.remove_by_labels({"model": model})
        for model in wanted - self._models:
            for slo in (AVAILABILITY, LATENCY):
                # From zero: a first bad answer is a rise, not a new series.
                self._requests.labels(model, slo, "true")
                self._requests.labels(model, slo, "false")
        self._models = wanted

    def record(self, scope: Scope, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        if route not in ROUTES or status == CLIENT_GONE or _is_turned_away(scope, status) or _is_asleep(scope):
            return
        # Not the router's parameters: an error before it, such as a database that is away, is ours too.
        model = scope["path"].split("/")[MODEL_PLACE]
        if model not in self._models:
            return
        self._count(model, AVAILABILITY, is_good=status < 500)
        if route == PREDICT and status < 400:
            self._count(model, LATENCY, is_good=seconds <= self._latency_s)

    def _count(self, model: str, slo: str, *, is_good: bool) -> None:
        self._requests.labels(model, slo, "true" if is_good else "false").inc()


def _is_turned_away(scope: Scope, status: int) -> bool:
    return status < 500 and "path_params" not in scope


def _is_asleep(scope: Scope) -> bool:
    code: str | None = scope.get("state", {}).get("problem_code")
    return code == ASLEEP
