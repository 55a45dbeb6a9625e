"""How often a deploy over an existing version waits for a host that is far away."""

import pytest

from backstaff.simulator.spec import FleetSpec, RoleSpec
from tests.simulator.distance import Trips, round_trips

MOST = 11
"""Docker's door 2, first look, pull, lock with the label and a look, create, start, switch, stop, tag with
the lists, last look with the log and the lock's release: one each."""
MOST_FOR_WHO_WAITS = MOST + 2
"""A role that waits for another is started and looked at after that; it is created before."""


def trips_of(hosts: int, *, job: bool = False) -> Trips:
    names = [f"h{number}" for number in range(1, hosts + 1)]
    waiting = {"job": RoleSpec(("w1",), "worker")} if job else {}
    return round_trips(FleetSpec(roles={"web": RoleSpec(names), **waiting}, settings={"readiness_delay": 0}))


@pytest.fixture(scope="module")
def one_host() -> Trips:
    return trips_of(1)


def test_a_deploy_waits_for_few_round_trips_after_the_login(one_host: Trips) -> None:
    assert round(one_host.after_login) <= MOST


def test_a_login_is_what_ssh_asks_for_and_no_more(one_host: Trips) -> None:
    assert round(one_host.login) <= 4


def test_more_hosts_do_not_make_more_round_trips(one_host: Trips) -> None:
    assert round(trips_of(4).after_login) <= round(one_host.after_login)


def test_a_role_that_waits_for_another_adds_few() -> None:
    assert round(trips_of(1, job=True).after_login) <= MOST_FOR_WHO_WAITS
