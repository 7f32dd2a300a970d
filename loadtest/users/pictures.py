"""Users that send pictures."""

from functools import cache

from locust import between, task

from loadtest.samples import Body, Picture, picture_batch, pictures
from loadtest.users.base import SETTINGS, GatewayUser, chosen


@cache
def _pictures() -> list[Picture]:
    return pictures(SETTINGS.data, SETTINGS.samples)


def _bodies(count: int) -> list[Body]:
    return [picture.body for picture in chosen(_pictures(), count)]


class PictureUser(GatewayUser):
    """One picture after the other, with time to look at each answer."""

    weight = SETTINGS.mix.get("predict", 0)

    @task
    def one(self) -> None:
        """One picture."""
        self.predict(_bodies(1)[0], "predict")


class PictureBatchUser(GatewayUser):
    """Many pictures in each request."""

    weight = SETTINGS.mix.get("batch", 0)

    @task
    def many(self) -> None:
        """One batch."""
        body = picture_batch(chosen(_pictures(), SETTINGS.batch))
        self.predict(body, f"batch of {SETTINGS.batch}", count=SETTINGS.batch)


class PictureSpikeUser(GatewayUser):
    """Nothing for a while, and then many pictures at once."""

    weight = SETTINGS.mix.get("spike", 0)
    wait_time = between(*SETTINGS.spike_pause_s)
    concurrency = SETTINGS.spike

    @task
    def spike(self) -> None:
        """One spike."""
        self.at_once(_bodies(SETTINGS.spike), "predict, spike")
