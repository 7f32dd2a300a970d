"""What can go wrong with a request to Kubernetes; who asks turns it into errors of its own.

They never reach a user: what Kubernetes writes may hold names and addresses of the cluster.
"""


class ApiAway(Exception):
    """No usable answer came, or one that says that another try may succeed."""


class ApiRefused(Exception):
    """Kubernetes answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message
        """In Kubernetes' own words; for the operator's log alone."""
