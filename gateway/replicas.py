"""The replicas of the model server: one long-lived gRPC channel each, the least busy first."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from typing import cast

import grpc.aio
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc.service_pb2_grpc import GRPCInferenceServiceStub

from gateway.errors import ModelServerUnavailable
from gateway.telemetry.tracing import Metadata

AWAY_S = 1.0
"""How long a replica that could not answer is the last choice: failing fast, it would look idle and draw all calls."""

SILENT_S = 10.0
"""The same for a replica that did not answer in time, which costs a caller more."""

OPTIONS = (
    # Sizes are bounded by the model's batch size; the default of 4 MiB is less than a batch of large pictures.
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),
    # A replica that comes back is found within a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Channels share no connection, and none outlives its pool.
    ("grpc.use_local_subchannel_pool", 1),
)

Infer = Callable[..., Awaitable[pb.ModelInferResponse]]
IsReady = Callable[..., Awaitable[pb.ModelReadyResponse]]
NOTHING: frozenset[str] = frozenset()


class Replica:
    """One server at one address."""

    def __init__(self, address: str, holds: Collection[str] | None = None) -> None:
        self.address = address
        self.outstanding = 0
        self.holds = holds
        """Triton's names of the versions that it is known to have loaded; None: nobody asked, and it may have any."""
        self.silences = 0
        """How often in a row it did not say what it has."""
        self._shunned_until = 0.0
        self._channel = grpc.aio.insecure_channel(address, options=OPTIONS)
        stub = GRPCInferenceServiceStub(self._channel)
        self._infer = cast("Infer", stub.ModelInfer)
        self._ready = cast("IsReady", stub.ModelReady)

    @property
    def load(self) -> tuple[bool, int]:
        """Sorts replicas: those that answer first, then by calls in flight."""
        return time.monotonic() < self._shunned_until, self.outstanding

    async def infer(
        self, request: pb.ModelInferRequest, timeout_s: float, metadata: Metadata | None = None
    ) -> pb.ModelInferResponse:
        """One call; raises `grpc.aio.AioRpcError`."""
        return await self._infer(request, timeout=timeout_s, metadata=metadata)

    def may_have(self, name: str) -> bool:
        """Whether a call for this version may go here."""
        return self.holds is None or name in self.holds

    async def is_ready(self, name: str, timeout_s: float) -> bool:
        """Whether it has loaded a version; raises `grpc.aio.AioRpcError` where it doesn't say."""
        try:
            return bool((await self._ready(pb.ModelReadyRequest(name=name), timeout=timeout_s)).ready)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return False
            raise

    def shun(self, seconds: float) -> None:
        """Make this the last choice for a while."""
        self._shunned_until = time.monotonic() + seconds

    async def close(self) -> None:
        """Close the channel; calls in flight are cancelled."""
        await self._channel.close(grace=None)


class ReplicaPool:
    """The replicas of now. Addresses may change at any time; a replica that leaves ends its calls first.

    Where the replicas don't all have the same versions, `asks`: none gets a call before somebody noted what it holds.
    """

    def __init__(self, addresses: Iterable[str], *, asks: bool = False) -> None:
        self._holds_first = NOTHING if asks else None
        self._replicas: dict[str, Replica] = {}
        self._leaving: set[Replica] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self.set_addresses(addresses)

    def __len__(self) -> int:
        return len(self._replicas)

    def everyone(self) -> tuple[Replica, ...]:
        """The replicas of now; from any thread."""
        return tuple(self._replicas.values())

    def most_of_one(self) -> int:
        """How many replicas may have the version that the most have."""
        held = Counter(name for replica in self.everyone() for name in replica.holds or ())
        return max(held.values(), default=len(self) if self._holds_first is None else 0)

    def has_other_than(self, replica: Replica, name: str) -> bool:
        """Whether a call for a version may go elsewhere; the replica that it met may have left already."""
        return any(other is not replica and other.may_have(name) for other in self._replicas.values())

    def set_addresses(self, addresses: Iterable[str]) -> None:
        """Take these replicas from now on; needs a running event loop."""
        wanted = dict.fromkeys(addresses)
        gone = [replica for address, replica in self._replicas.items() if address not in wanted]
        self._replicas = {address: self._known(address) for address in wanted}
        for replica in gone:
            self._leaving.add(replica)
            self._close_if_idle(replica)

    @contextlib.contextmanager
    def least_busy(self, name: str, *, but: Replica | None = None) -> Iterator[Replica]:
        """Borrow the least busy replica with a version, other than `but`.

        Raises `ModelServerUnavailable` where there is none.
        """
        others = [replica for replica in self._replicas.values() if replica is not but and replica.may_have(name)]
        if not others:
            raise ModelServerUnavailable(f"No replica of the model server has loaded {name}." if len(self) else None)
        replica = min(others, key=lambda replica: replica.load)
        replica.outstanding += 1
        try:
            yield replica
        finally:
            replica.outstanding -= 1
            self._close_if_idle(replica)

    async def close(self) -> None:
        """Close every channel; calls in flight are cancelled."""
        everyone = [*self._replicas.values(), *self._leaving]
        self._replicas, self._leaving = {}, set()
        await asyncio.gather(*(replica.close() for replica in everyone), *self._closing)

    def _known(self, address: str) -> Replica:
        return self._replicas.get(address) or Replica(address, self._holds_first)

    def _close_if_idle(self, replica: Replica) -> None:
        if replica in self._leaving and replica.outstanding == 0:
            self._leaving.discard(replica)
            task = asyncio.get_running_loop().create_task(replica.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
