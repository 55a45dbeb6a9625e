"""How often a deploy over an existing version waits for a host that is far away."""

from collections.abc import Sequence

import pytest

from backstaff.events.facts import Phase
from backstaff.simulator.spec import FleetSpec, RoleSpec
from tests.simulator.distance import Trips, round_trips

MOST = 12
"""Docker's door 2, first look, pull, lock with the label, look under the lock, create, start, switch, stop,
tag with the lists, last look with the log and the lock's release: one each."""
MOST_FOR_WHO_WAITS = MOST + 2
"""A role that waits for another is started and looked at after that; it is created before."""


def trips_of(
    hosts: int, *, job: bool = False, versions: Sequence[str] = ("v1", "v2"), retain: int = 5
) -> Trips:
    names = [f"h{number}" for number in range(1, hosts + 1)]
    waiting = {"job": RoleSpec(("w1",), "worker")} if job else {}
    settings = {"readiness_delay": 0, "retain_containers": retain}
    roles = {"web": RoleSpec(names), **waiting}
    modes = dict.fromkeys(versions, "healthy")
    return round_trips(FleetSpec(roles=roles, versions=modes, settings=settings))


@pytest.fixture(scope="module")
def one_host() -> Trips:
    return trips_of(1)


def test_a_deploy_waits_for_few_round_trips_after_the_login(one_host: Trips) -> None:
    assert round(one_host.after_login) <= MOST


def test_a_login_is_what_ssh_asks_for_and_no_more(one_host: Trips) -> None:
    assert round(one_host.login) <= 5


def test_more_hosts_do_not_make_more_round_trips(one_host: Trips) -> None:
    assert round(trips_of(4).after_login) <= round(one_host.after_login)


def test_a_role_that_waits_for_another_adds_few() -> None:
    assert round(trips_of(1, job=True).after_login) <= MOST_FOR_WHO_WAITS


@pytest.mark.parametrize("job", [False, True])
def test_an_old_version_that_goes_adds_one(one_host: Trips, *, job: bool) -> None:
    """Its container goes while images are listed, and then its tag."""
    trips = trips_of(1, job=job, versions=("v1", "v2", "v3"), retain=1)
    assert round(trips.phases[Phase.FINISH]) == round(one_host.phases[Phase.FINISH]) + 1
