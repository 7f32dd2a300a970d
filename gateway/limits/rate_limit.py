"""The middleware of rate limits.

Headers as in draft-ietf-httpapi-ratelimit-headers-10 (RateLimit header fields for HTTP).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.body_guard import answer_early
from gateway.limits.errors import RateLimited
from gateway.limits.policy import RatePolicy, Rule
from gateway.limits.rates import Counters, Quota
from gateway.problems import ProblemResponse


class RateLimit:
    """ASGI middleware: counts each request of a limited caller, and refuses what is too much before reading it."""

    def __init__(self, app: ASGIApp, *, policy: RatePolicy, counters: Counters) -> None:
        self._app = app
        self._policy = policy
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of any kind."""
        found = self._policy.of(scope) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        rule, caller = found
        verdict = await self._counters.take(rule.rates, caller)
        told = _Told(send, rule, verdict.quotas)
        if verdict.is_allowed:
            await self._app(scope, receive, told.send)
            return
        refusal = RateLimited(verdict.retry_after_s)
        await answer_early(ProblemResponse(refusal, scope["state"]["trace_id"]), scope, receive, told.send)


@dataclass
class _Told:
    """An answer with the headers that tell how the caller stands."""

    sink: Send
    rule: Rule
    quotas: Sequence[Quota]

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on."""
        if message["type"] == "http.response.start":
            stands = ", ".join(map(self._state, self.rule.items, self.quotas))
            own = [(b"ratelimit-policy", self.rule.header), (b"ratelimit", stands.encode())]
            message["headers"] = [*message.get("headers", ()), *own]
        await self.sink(message)

    @staticmethod
    def _state(item: str, quota: Quota) -> str:
        return f"{item};r={quota.remaining};t={quota.reset_s}"
