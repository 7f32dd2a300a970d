"""For Locust's own command and page: `locust -f loadtest/locustfile.py --host http://127.0.0.1:8080`.

The settings `LOADTEST_…` say which model is asked, with what and by whom. With a scenario it sets how many users there
are; without one, Locust's options and page do.
"""

from locust import LoadTestShape, events

from loadtest.requests import RequestLog
from loadtest.scenarios import scenario
from loadtest.users.base import SETTINGS

# Locust takes the users that it finds here.
from loadtest.users.browsing import BrowsingUser  # noqa: F401

if SETTINGS.input == "pictures":
    from loadtest.users.pictures import PictureBatchUser, PictureSpikeUser, PictureUser  # noqa: F401
else:
    from loadtest.users.rows import RowBatchUser, RowSpikeUser, RowUser  # noqa: F401

if SETTINGS.requests is not None:
    LOG = RequestLog(SETTINGS.requests)
    events.test_start.add_listener(LOG.start)  # type: ignore[no-untyped-call]
    events.request.add_listener(LOG.note)  # type: ignore[no-untyped-call]
    events.quitting.add_listener(LOG.write)  # type: ignore[no-untyped-call]

if SETTINGS.scenario:
    SCENARIO = scenario(SETTINGS.scenario).changed(SETTINGS.users, SETTINGS.seconds)
    QUICKLY = float(SCENARIO.users)
    """Users that come or go in a second at most."""

    class Shape(LoadTestShape):
        """The scenario's number of users, second by second."""

        def tick(self) -> tuple[int, float] | None:
            """Users wanted now; None ends the test."""
            users = SCENARIO.users_at(self.get_run_time())  # type: ignore[no-untyped-call]
            return None if users is None else (users, QUICKLY)
