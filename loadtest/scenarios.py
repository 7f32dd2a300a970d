"""The load tests that have a name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from loadtest.curves import BURST, DIURNAL, RAMP, STEADY, Curve, users_at
from loadtest.errors import ScenarioUnknown


@dataclass(frozen=True)
class Scenario:
    """So many users over so long a time."""

    name: str
    description: str
    curve: Curve
    users: int
    """At the peak."""
    seconds: float

    def users_at(self, second: float) -> int | None:
        """How many users there are a while after the start, at least one; None when it is over."""
        if second >= self.seconds:
            return None
        return max(1, ceil(self.users * users_at(self.curve, second / self.seconds)))

    def changed(self, users: int | None, seconds: float | None) -> "Scenario":
        """The same curve for another peak or another time."""
        return replace(self, users=users or self.users, seconds=seconds or self.seconds)


def _steady(users: int) -> Scenario:
    return Scenario(f"steady-{users}", f"{users} users all the time.", STEADY, users, 120)


SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        _steady(50),
        _steady(100),
        _steady(200),
        Scenario("ramp", "From none to all users, evenly, and then some time with all.", RAMP, 200, 300),
        Scenario("burst", "A tenth of the users, and twice all of them at once for a while.", BURST, 200, 300),
        Scenario("soak", "The same load for long: what leaks or grows shows.", STEADY, 50, 3600),
        Scenario("diurnal", "Two days in ten minutes: few users at night, all at noon.", DIURNAL, 100, 600),
    )
}


def scenario(name: str) -> Scenario:
    """The scenario of a name; raises `ScenarioUnknown`."""
    try:
        return SCENARIOS[name]
    except KeyError:
        raise ScenarioUnknown(f"There is no scenario {name!r}; there are {', '.join(SCENARIOS)}.") from None
