"""What the hosts were seen to have while the lock was taken is gone by only while it holds."""

import asyncio
from collections import Counter
from dataclasses import replace

from backstaff.engine.deploy import DeployOptions
from backstaff.engine.lock_choice import LockPatience
from backstaff.engine.prepare import LOOK_HOLDS_S
from backstaff.errors import ExitCode
from backstaff.events.types import StepStarted
from backstaff.kamal.names import NETWORK
from tests.engine.running import Ran, Scene, run
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.shell import hold_lock, release_lock

GRACES = "Locked by: Grace at 2026-11-23T11:00:00Z\nVersion: v1\nMessage: Automatic deploy lock"
PATIENT = DeployOptions(skip_push=True, patience=LockPatience(wait_s=30, interval_s=1))


def looks(ran: Ran) -> Counter[str]:
    return Counter(each.host for each in ran.of(StepStarted) if each.step == "look at the host")


def without_network_at(datacentre: Datacentre, at_s: float) -> None:
    asyncio.get_running_loop().call_later(at_s, datacentre["h2"].networks.discard, NETWORK)


def test_one_look_is_enough_where_the_lock_is_free() -> None:
    ran = run(Scene())
    assert ran.code is ExitCode.DONE
    assert set(looks(ran).values()) == {1}


def test_a_look_that_is_old_by_the_time_of_the_lock_is_made_again() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        slow = Fault("lock acquire", Kind.DELAY, delay_s=LOOK_HOLDS_S + 3)
        datacentre["h1"].goes_wrong(slow)
        without_network_at(datacentre, LOOK_HOLDS_S)

    ran = run(Scene(set=set_scene))
    assert ran.code is ExitCode.DONE
    assert set(looks(ran).values()) == {2}
    assert NETWORK in ran.datacentre["h2"].networks


def test_who_waited_for_the_lock_looks_again_however_short_it_was() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        hold_lock(datacentre["h1"], GRACES, "")
        loop = asyncio.get_running_loop()
        without_network_at(datacentre, 1.2)
        loop.call_later(1.2, release_lock, datacentre["h1"])

    ran = run(replace(Scene(set=set_scene), options=PATIENT))
    assert ran.code is ExitCode.DONE
    assert set(looks(ran).values()) == {2}
    assert NETWORK in ran.datacentre["h2"].networks
