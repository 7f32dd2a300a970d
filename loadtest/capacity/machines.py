"""Nodes and the replicas on them: who waits for what before it answers, and what it costs."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from loadtest.capacity.scenario import ClusterPart

Process = Generator[simpy.Event, Any, None]
HOUR_S = 3600


@dataclass(eq=False)
class Node:
    """A machine with room for some replicas."""

    born: float
    has_image: bool
    is_permanent: bool = False
    used: int = 0
    empty_since: float = 0.0


@dataclass(eq=False)
class Pod:
    """A replica, from the decision to its end."""

    decided: float
    node: Node | None = None
    ready: float | None = None
    is_leaving: bool = False


@dataclass
class Machines:
    """The nodes of a cluster, and the pods on them."""

    env: simpy.Environment
    part: ClusterPart
    changed: Callable[[], None]
    """Is called when a replica becomes ready or leaves."""
    nodes: list[Node] = field(default_factory=list)
    pods: list[Pod] = field(default_factory=list)
    start_times: list[float] = field(default_factory=list)
    """Seconds from a decision to a ready replica."""
    _gone_node_s: float = 0.0

    def __post_init__(self) -> None:
        """The nodes that are always there."""
        self.nodes = [Node(0.0, has_image=True, is_permanent=True) for _ in range(self.part.nodes)]

    @property
    def ready(self) -> int:
        """Replicas that answer."""
        return sum(pod.ready is not None for pod in self.pods)

    def scale(self, wanted: int, *, at_once: bool = False) -> None:
        """Have so many replicas: new ones begin to start; those that aren't ready leave first, then the youngest."""
        for _ in range(wanted - len(self.pods)):
            self._add(at_once=at_once)
        youngest = sorted(self.pods, key=lambda pod: (pod.ready is not None, -pod.decided))
        for pod in youngest[: max(0, len(self.pods) - wanted)]:
            self._remove(pod)

    def cost(self) -> float:
        """Of all nodes until now."""
        alive = sum(max(0.0, self.env.now - node.born) for node in self.nodes)
        gpu_hours = (alive + self._gone_node_s) * self.part.gpus_per_node / HOUR_S
        return gpu_hours * self.part.price_per_gpu_hour

    def sweep(self) -> None:
        """Give back nodes that have been empty for long."""
        idle = [node for node in self.nodes if not node.is_permanent and not node.used]
        for node in idle:
            if self.env.now - node.empty_since >= self.part.node_idle_s:
                self.nodes.remove(node)
                self._gone_node_s += self.env.now - node.born

    def _add(self, *, at_once: bool) -> None:
        pod = Pod(self.env.now)
        self.pods.append(pod)
        self.env.process(self._start(pod, at_once=at_once))

    def _start(self, pod: Pod, *, at_once: bool) -> Process:
        while pod.node is None and not pod.is_leaving:
            self._place(pod, 0.0 if at_once else self.part.node_start_s)
            if pod.node is None:
                # No room, and no node may come: it waits, as a pod that is pending does.
                yield self.env.timeout(1)
        if at_once:
            self._done(pod)
            return
        yield from self._until_node(pod)
        if pod.node and not pod.node.has_image:
            yield self.env.timeout(self.part.image_pull_s)
            pod.node.has_image = True
        yield self.env.timeout(self.part.start_s)
        self._done(pod)

    def _until_node(self, pod: Pod) -> Process:
        waits = (pod.node.born - self.env.now) if pod.node else 0.0
        yield self.env.timeout(max(0.0, waits))

    def _place(self, pod: Pod, node_start_s: float) -> None:
        node = next((one for one in self.nodes if one.used < self.part.gpus_per_node), None)
        if node is None and len(self.nodes) < self.part.max_nodes:
            node = Node(self.env.now + node_start_s, has_image=False)
            self.nodes.append(node)
        if node is not None:
            node.used += 1
            pod.node = node

    def _done(self, pod: Pod) -> None:
        if pod.is_leaving:
            return
        pod.ready = self.env.now
        self.start_times.append(self.env.now - pod.decided)
        self.changed()

    def _remove(self, pod: Pod) -> None:
        pod.is_leaving = True
        self.pods.remove(pod)
        if pod.node is not None:
            pod.node.used -= 1
            pod.node.empty_since = self.env.now
        self.changed()
