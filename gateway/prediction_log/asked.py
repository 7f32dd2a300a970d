"""Who asked for a prediction, in which request."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from gateway.identity.principal import principal_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What the log keeps of a request."""

    principal: str
    """The caller (`Principal.id`)."""
    trace_id: str


def asked_by(request: HTTPConnection) -> Asked:
    """Who asked, as the middlewares found it."""
    return Asked(principal_of(request.scope).id, request.state.trace_id)
