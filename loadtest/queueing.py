"""How long work waits in a queue before several equal servers, by formula; times in seconds.

Sources: A. K. Erlang's delay formula (1917) for Poisson arrivals and exponential service; its extension to other
arrivals and service times, by A. O. Allen and J. Cunneen, as in Allen, *Probability, Statistics, and Queueing Theory*
(2nd edition, 1990), chapter 5: the wait of M/M/c, times the mean of the two squared coefficients of variation. It is
exact for M/M/c and for one server with Poisson arrivals (Pollaczek and Khinchine), an approximation elsewhere. That a
wait, where there is one, is about exponential is J. F. C. Kingman's limit for heavy traffic (1961).
"""

from dataclasses import dataclass
from math import inf, log


def erlang_c(servers: int, offered: float) -> float:
    """The share of arrivals that find all servers busy, with Poisson arrivals; 1 from saturation on.

    `offered` is the arrival rate times the service time (erlangs).
    """
    if offered >= servers:
        return 1.0
    # Erlang B by its recursion, which doesn't overflow for thousands of servers.
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return blocked / (1 - (offered / servers) * (1 - blocked))


@dataclass(frozen=True)
class Queue:
    """Work that arrives at a rate and is served by equal servers, first come, first served."""

    rate: float
    """Arrivals a second."""
    service_s: float
    """Mean time that one server takes for one."""
    servers: int = 1
    arrivals_cv2: float = 1.0
    """Squared coefficient of variation of the times between arrivals: 1 for Poisson (M)."""
    service_cv2: float = 0.0
    """The same of the service time: 0 where it is always the same (D), 1 where it is exponential (M)."""

    @property
    def busy(self) -> float:
        """Share of the time that a server works, from 0; 1 and more means that the queue grows without end."""
        return self.rate * self.service_s / self.servers

    @property
    def waiting_share(self) -> float:
        """Share of arrivals that have to wait."""
        return erlang_c(self.servers, self.rate * self.service_s)

    @property
    def mean_wait_s(self) -> float:
        """Mean wait before service, over all arrivals."""
        return inf if self.busy >= 1 else self.waiting_share * self._mean_wait_of_those_who_wait_s

    def wait_s(self, share: float) -> float:
        """The wait that a share of arrivals (0.99, say) stays within."""
        if self.busy >= 1:
            return inf
        waiting = self.waiting_share
        longer = 1 - share
        return 0.0 if waiting <= longer else self._mean_wait_of_those_who_wait_s * log(waiting / longer)

    @property
    def _mean_wait_of_those_who_wait_s(self) -> float:
        variation = (self.arrivals_cv2 + self.service_cv2) / 2
        return variation * self.service_s / (self.servers * (1 - self.busy))
