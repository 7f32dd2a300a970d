"""Who may do what: the one table of routes, methods and permissions. What isn't in it is denied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from re import Pattern
from types import MappingProxyType

from starlette.routing import compile_path

from gateway.identity.permissions import Permission


class Open(Enum):
    """What needs no permission."""

    PUBLIC = "public"
    """Open to everybody."""
    IDENTIFIED = "identified"
    """Open to everybody who shows who they are."""


Need = Permission | Open
Rules = Mapping[tuple[str, str], Need]

METRICS = ("GET", "/metrics")
PUBLIC, IDENTIFIED = Open.PUBLIC, Open.IDENTIFIED
READ, PREDICT, DATA = Permission.READ, Permission.PREDICT, Permission.DATA
TRAIN, RELEASE, ADMIN = Permission.TRAIN, Permission.RELEASE, Permission.ADMIN

RULES: Rules = MappingProxyType(
    {
        ("GET", "/health"): PUBLIC,
        ("GET", "/health/live"): PUBLIC,
        ("GET", "/health/ready"): PUBLIC,
        METRICS: READ,
        ("GET", "/docs"): READ,
        ("GET", "/docs/assets/{path:path}"): READ,
        ("GET", "/openapi.json"): READ,
        ("GET", "/v1/models"): READ,
        ("GET", "/v1/models/{model}"): READ,
        ("POST", "/v1/models/{model}/predict"): PREDICT,
        ("POST", "/v1/models/{model}/predict/batch"): PREDICT,
        ("POST", "/v1/models/{model}/validate"): PREDICT,
        ("GET", "/v1/models/{model}/drift"): READ,
        ("POST", "/v1/models/{model}/drift/report"): TRAIN,
        ("GET", "/v1/models/{model}/drift/report"): READ,
        ("GET", "/v1/models/{model}/drift/report/{job}"): READ,
        ("DELETE", "/v1/models/{model}/drift/report/{job}"): TRAIN,
        ("GET", "/v1/models/{model}/drift/report/{job}/events"): READ,
        ("POST", "/v1/models/{model}/data"): DATA,
        ("GET", "/v1/models/{model}/data"): DATA,
        ("GET", "/v1/models/{model}/data/{batch}"): DATA,
        ("DELETE", "/v1/models/{model}/data/{batch}"): DATA,
        ("POST", "/v1/models/{model}/retrain"): TRAIN,
        ("GET", "/v1/models/{model}/retrain"): TRAIN,
        ("GET", "/v1/models/{model}/retrain/{job}"): TRAIN,
        ("DELETE", "/v1/models/{model}/retrain/{job}"): TRAIN,
        ("GET", "/v1/models/{model}/retrain/{job}/events"): TRAIN,
        ("POST", "/v1/models/{model}/evaluate"): TRAIN,
        ("GET", "/v1/models/{model}/evaluate"): READ,
        ("GET", "/v1/models/{model}/evaluate/{job}"): READ,
        ("DELETE", "/v1/models/{model}/evaluate/{job}"): TRAIN,
        ("GET", "/v1/models/{model}/evaluate/{job}/events"): READ,
        ("GET", "/v1/models/{model}/evaluation"): READ,
        ("GET", "/v1/models/{model}/canary"): READ,
        ("GET", "/v1/models/{model}/autoscaling"): READ,
        ("GET", "/v1/models/{model}/versions"): READ,
        ("POST", "/v1/models/{model}/versions/{version}/canary"): RELEASE,
        ("POST", "/v1/models/{model}/versions/{version}/shadow"): RELEASE,
        ("POST", "/v1/models/{model}/versions/{version}/promote"): RELEASE,
        ("POST", "/v1/models/{model}/versions/{version}/retire"): RELEASE,
        ("POST", "/v1/models/{model}/rollback"): RELEASE,
        ("GET", "/v1/models/{model}/events"): READ,
        ("POST", "/v1/auth/token"): PUBLIC,
        ("GET", "/v1/auth/me"): IDENTIFIED,
        ("POST", "/v1/auth/password"): IDENTIFIED,
        ("GET", "/v1/users"): ADMIN,
        ("POST", "/v1/users"): ADMIN,
        ("PATCH", "/v1/users/{name}"): ADMIN,
        ("DELETE", "/v1/users/{name}"): ADMIN,
        ("GET", "/v1/keys"): ADMIN,
        ("POST", "/v1/keys"): ADMIN,
        ("DELETE", "/v1/keys/{prefix}"): ADMIN,
        ("GET", "/v1/predictions"): READ,
        ("GET", "/v1/predictions/stats"): READ,
        ("GET", "/v1/predictions/{id}"): READ,
        ("POST", "/v1/predictions/{id}/feedback"): PREDICT,
        ("GET", "/v2"): READ,
        ("GET", "/v2/health/live"): PUBLIC,
        ("GET", "/v2/health/ready"): PUBLIC,
        ("GET", "/v2/models/{model}"): READ,
        ("GET", "/v2/models/{model}/ready"): READ,
        ("POST", "/v2/models/{model}/infer"): PREDICT,
        ("GET", "/v2/models/{model}/versions/{version}"): READ,
        ("GET", "/v2/models/{model}/versions/{version}/ready"): READ,
        ("POST", "/v2/models/{model}/versions/{version}/infer"): PREDICT,
    }
)
"""By method and route template. HEAD is GET's."""


@dataclass(frozen=True)
class Guarded:
    """One route: what each of its methods needs."""

    template: str
    needs: Mapping[str, Need]

    def need(self, method: str) -> Need | None:
        """What a method needs; None for one that the route doesn't know."""
        return self.needs.get("GET" if method == "HEAD" else method)

    @property
    def allow(self) -> str:
        """The header `Allow`."""
        return ", ".join(sorted(self.needs))


class AccessTable:
    """Finds the rule for a path as the router finds its route: exactly, with Starlette's own patterns."""

    def __init__(self, rules: Rules) -> None:
        self._fixed: dict[str, Guarded] = {}
        self._patterns: dict[int, list[tuple[Pattern[str], Guarded]]] = {}
        self._below: list[tuple[Pattern[str], Guarded]] = []
        for guarded in _routes(rules):
            self._add(guarded)

    def find(self, path: str) -> Guarded | None:
        """The route at a path; None where the table knows none."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed
        # A parameter never spans a slash, so only patterns with as many of them can match.
        candidates = self._patterns.get(path.count("/"), ())
        return _first(candidates, path) or _first(self._below, path)

    def _add(self, guarded: Guarded) -> None:
        pattern, _, convertors = compile_path(guarded.template)
        if not convertors:
            self._fixed[guarded.template] = guarded
        elif guarded.template.endswith(":path}"):
            self._below.append((pattern, guarded))
        else:
            self._patterns.setdefault(guarded.template.count("/"), []).append((pattern, guarded))


def access_table(*, open_metrics: bool) -> AccessTable:
    """The table as the settings want it."""
    return AccessTable({**RULES, METRICS: PUBLIC} if open_metrics else RULES)


def _routes(rules: Rules) -> Iterable[Guarded]:
    needs: dict[str, dict[str, Need]] = {}
    for (method, template), need in rules.items():
        needs.setdefault(template, {})[method] = need
    return [Guarded(template, found) for template, found in needs.items()]


def _first(candidates: Iterable[tuple[Pattern[str], Guarded]], path: str) -> Guarded | None:
    return next((guarded for pattern, guarded in candidates if pattern.match(path)), None)
