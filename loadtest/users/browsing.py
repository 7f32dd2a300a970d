"""Users that look, and predict nothing."""

from locust import task

from loadtest.users.base import MODEL, SETTINGS, GatewayUser

HISTORY = f"/v1/predictions?model={SETTINGS.model}"


class BrowsingUser(GatewayUser):
    """Health, metrics, models and history, as a dashboard and its people ask for them."""

    weight = SETTINGS.mix.get("browse", 0)

    @task(3)
    def health(self) -> None:
        """Whether it is ready."""
        self.look("/health/ready")

    @task(2)
    def metrics(self) -> None:
        """What Prometheus scrapes."""
        self.look("/metrics")

    @task(2)
    def model(self) -> None:
        """The model's document."""
        self.look(MODEL, "model")

    @task(2)
    def history(self) -> None:
        """The newest predictions."""
        self.look(HISTORY, "history")

    @task(1)
    def statistics(self) -> None:
        """Their statistics."""
        self.look(HISTORY.replace("?", "/stats?"), "statistics")
