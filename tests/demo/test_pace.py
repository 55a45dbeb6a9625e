"""How fast a simulation may go."""

import pytest

from backstaff.demo.pace import highest_speed, require_sensible
from backstaff.demo.scenarios import SCENARIOS
from backstaff.errors import UsageError


@pytest.mark.parametrize(("hosts", "speed"), [(1, 50), (4, 30), (60, 2), (100, 1.2), (110, 1), (500, 1)])
def test_the_highest_speed_falls_with_the_number_of_hosts_to_real_time(hosts: int, speed: float) -> None:
    assert highest_speed(hosts) == speed
    require_sensible(speed, hosts)


def test_a_speed_above_it_is_refused_with_the_highest_one() -> None:
    with pytest.raises(UsageError, match="100 simulated hosts can not be 20 times as fast") as raised:
        require_sensible(20, 100)
    assert raised.value.fix == "use --speed 1.2 or less, or fewer hosts"


def test_a_scenario_needs_a_host_for_each_of_its_roles() -> None:
    with pytest.raises(UsageError, match="scenario big needs at least 4 hosts"):
        SCENARIOS["big"].spec(3)
    assert [len(role.hosts) for role in SCENARIOS["big"].spec(4).roles.values()] == [1, 1, 1, 1]
