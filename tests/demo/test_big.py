"""A fleet of many hosts: how it ends, and what each host is asked for."""

from dataclasses import dataclass, replace

import pytest

from backstaff.demo.scenarios import SCENARIOS
from backstaff.errors import ExitCode
from backstaff.events.facts import PairState
from backstaff.simulator.fleet import Fleet
from tests.demo.playing import Played, play

HOSTS = 60
FEW = 8
MOST_CHANNELS = 20
MOST_CALLS = 45
SCATTER = 1.4
"""How often a host is looked at again depends a little on how busy this machine is."""


@dataclass(frozen=True)
class Weighed:
    """A play, and what its second deploy asked of each host: SSH channels and calls of Docker's API."""

    play: Played
    channels: dict[str, int]
    calls: dict[str, int]


def weighed(hosts: int | None = None) -> Weighed:
    fleets: list[Fleet] = []
    before: dict[str, tuple[int, int]] = {}

    def count(fleet: Fleet) -> None:
        fleets.append(fleet)
        before.update({name: (host.channels, host.api_calls) for name, host in fleet.hosts.items()})

    ended = play(replace(SCENARIOS["big"], arrange=count), hosts=hosts)
    after = fleets[0].hosts
    return Weighed(
        ended,
        {name: host.channels - before[name][0] for name, host in after.items()},
        {name: host.api_calls - before[name][1] for name, host in after.items()},
    )


def mean(counts: dict[str, int]) -> float:
    return sum(counts.values()) / len(counts)


@pytest.fixture(scope="module")
def big() -> Weighed:
    return weighed()


def test_big_brings_its_60_hosts_and_4_roles_to_the_new_version(big: Weighed) -> None:
    board = big.play.last
    assert big.play.code is ExitCode.DONE
    assert board.plan is not None
    assert len(board.hosts) == HOSTS
    assert {pair.role for pair in board.pairs.values()} == {"web", "web-admin", "job", "cron"}
    assert [len(group) for group in board.plan.groups] == [20, 20, 20]
    assert {pair.state for pair in board.pairs.values()} == {PairState.HEALTHY}
    assert [each for each in board.verdicts if not each.agrees or each.serving != "v2"] == []
    assert len(board.verdicts) == HOSTS


def test_a_deploy_asks_little_of_each_host(big: Weighed) -> None:
    assert max(big.channels.values()) <= MOST_CHANNELS
    assert max(big.calls.values()) <= MOST_CALLS


def test_what_is_asked_of_a_host_does_not_grow_with_the_number_of_hosts(big: Weighed) -> None:
    few = weighed(FEW)
    assert mean(big.channels) <= SCATTER * mean(few.channels)
    assert mean(big.calls) <= SCATTER * mean(few.calls)
