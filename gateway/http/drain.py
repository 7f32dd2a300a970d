"""Whether the gateway was asked to stop."""


class Drain:
    """Off until the gateway is asked to stop, then on for good."""

    def __init__(self) -> None:
        self.has_begun = False

    def begin(self) -> None:
        """From now on each answer is its connection's last, and the gateway is not ready."""
        self.has_begun = True
