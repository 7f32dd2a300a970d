"""Calls to Triton: the least busy replica, another one where it can't answer, and our errors instead of gRPC's."""

import asyncio
import logging
import time
from collections.abc import Sequence

import grpc
import grpc.aio
from tritonclient.grpc import service_pb2 as pb

from contract.card import VersionCard
from gateway.errors import GatewayError, ModelServerFailed, ModelServerTimeout, ModelServerUnavailable
from gateway.inference import Probabilities, Tensor, examples, probabilities_of, request_for
from gateway.metrics import Metrics
from gateway.replicas import AWAY_S, SILENT_S, Replica, ReplicaPool
from gateway.telemetry.tracing import UNTRACED, Tracing

log = logging.getLogger(__name__)

# NOT_FOUND: this replica hasn't loaded the version (yet, or any more); CANCELLED: it is going away.
ELSEWHERE = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.CANCELLED})

EDGE_S = 0.1
"""A call that is cancelled this close to its deadline counts as one that was not answered in time."""


class Triton:
    """A `ModelServer` of one or more Triton replicas."""

    def __init__(
        self, pool: ReplicaPool, metrics: Metrics, *, calls_per_replica: int, tracing: Tracing = UNTRACED
    ) -> None:
        self._pool = pool
        self._metrics = metrics
        self._calls_per_replica = calls_per_replica
        self._tracing = tracing

    @property
    def concurrency(self) -> int:
        """How many calls for one version may be in flight."""
        return self._calls_per_replica * max(1, self._pool.most_of_one())

    @property
    def has_replica(self) -> bool:
        """Whether an address of a replica is known."""
        return len(self._pool) > 0

    async def infer(self, card: VersionCard, tensors: Sequence[Tensor], timeout_s: float, /) -> Probabilities:
        """See `ModelServer.infer`; a replica that can't answer is replaced once, if there is another and time."""
        started = time.monotonic()
        try:
            response = await self._somewhere(request_for(card, tensors), started + timeout_s)
        except grpc.aio.AioRpcError as error:
            raise _translate(error, card) from None
        self._metrics.triton.labels(card.model, str(card.version)).observe(time.monotonic() - started)
        count = examples(card, tensors)
        self._metrics.batch.labels(card.model, str(card.version)).observe(count)
        return probabilities_of(response, card, count)

    async def _somewhere(self, request: pb.ModelInferRequest, deadline: float) -> pb.ModelInferResponse:
        with self._pool.least_busy(request.model_name) as first:
            try:
                return await self._once(first, request, deadline)
            except grpc.aio.AioRpcError as error:
                others = self._pool.has_other_than(first, request.model_name) and time.monotonic() < deadline
                if error.code() not in ELSEWHERE or not others:
                    raise
        with self._pool.least_busy(request.model_name, but=first) as second:
            return await self._once(second, request, deadline)

    async def _once(self, replica: Replica, request: pb.ModelInferRequest, deadline: float) -> pb.ModelInferResponse:
        try:
            with self._tracing.call(replica.address) as metadata:
                return await replica.infer(request, max(0.001, deadline - time.monotonic()), metadata)
        except grpc.aio.AioRpcError as error:
            self._note(replica, error.code(), request.model_name)
            raise
        except asyncio.CancelledError:
            # Those who waited give up at the call's deadline, a little before gRPC does.
            if time.monotonic() > deadline - EDGE_S:
                self._note(replica, grpc.StatusCode.DEADLINE_EXCEEDED, request.model_name)
            raise

    def _note(self, replica: Replica, status: grpc.StatusCode, name: str) -> None:
        self._metrics.triton_errors.labels(status.name).inc()
        if status is grpc.StatusCode.NOT_FOUND and replica.holds is not None:
            # Another pod has the address by now; it is asked again what it has.
            replica.holds = frozenset()
        elif status in ELSEWHERE:
            replica.shun(AWAY_S)
        elif status is grpc.StatusCode.DEADLINE_EXCEEDED:
            replica.shun(SILENT_S)
        # Not the details: they may hold paths of the server.
        log.warning("a call for %s failed: %s", name, status.name)


def _translate(error: grpc.aio.AioRpcError, card: VersionCard) -> GatewayError:
    version = f"version {card.version} of model {card.model!r}"
    if error.code() is grpc.StatusCode.NOT_FOUND:
        return ModelServerUnavailable(f"The model server has not loaded {version} yet.")
    if error.code() in ELSEWHERE:
        return ModelServerUnavailable(f"The model server can't be reached for {version}.")
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return ModelServerTimeout(f"The model server did not answer in time for {version}.")
    return ModelServerFailed(f"The model server failed on an input for {version}.")
