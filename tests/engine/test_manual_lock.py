"""The lock by hand: taken by a person, and given back if the taking is broken off."""

import asyncio

import pytest

from backstaff.engine.fleet import connected
from backstaff.engine.manual_lock import ManualLock
from backstaff.errors import BackstaffError, HostLost
from backstaff.events.facts import LockState
from backstaff.events.types import Event, LockChanged, StepStarted
from backstaff.kamal.lock import LockOutcome, parse_owner
from tests.engine.running import a_datacentre, a_run, failure_of, short_config
from tests.fakes.clock import simulated
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.shell import hold_lock, lock_held, lock_owner
from tests.fakes.wire import ONE_WAY

CONFIG = short_config()
RELEASE = "backstaff lock release -h h1"


def lock_states(events: list[Event]) -> list[LockState]:
    return [each.body.state for each in events if isinstance(each.body, LockChanged)]


async def taken(datacentre: Datacentre, events: list[Event]) -> LockOutcome:
    run = a_run(CONFIG, events, command="lock")
    async with connected(run, datacentre, ["h1"]) as fleet:
        return (await ManualLock(run, fleet["h1"]).acquire("maintenance")).outcome


async def taken_and_broken_off(datacentre: Datacentre, events: list[Event]) -> None:
    """The host has taken the lock, and its answer is still on the way."""
    run = a_run(CONFIG, events, command="lock")
    async with connected(run, datacentre, ["h1"]) as fleet, asyncio.TaskGroup() as group:
        taking = group.create_task(ManualLock(run, fleet["h1"]).acquire("maintenance"))
        while not lock_held(datacentre["h1"]):  # noqa: ASYNC110 (the host does not tell)
            await asyncio.sleep(ONE_WAY / 4)
        taking.cancel()


@simulated
async def test_the_lock_stays_when_the_command_is_over_and_names_no_process() -> None:
    datacentre, events = a_datacentre(CONFIG), list[Event]()
    assert await taken(datacentre, events) is LockOutcome.ACQUIRED
    assert lock_held(datacentre["h1"])
    assert parse_owner(lock_owner(datacentre["h1"])) is None
    assert lock_states(events) == [LockState.OURS]


@simulated
async def test_a_lock_that_was_taken_without_our_hearing_of_it_is_given_back() -> None:
    datacentre, events = a_datacentre(CONFIG), list[Event]()
    await taken_and_broken_off(datacentre, events)
    assert not lock_held(datacentre["h1"])
    assert lock_states(events) == [LockState.RELEASED]


@simulated
async def test_a_lock_of_somebody_else_is_left_alone_by_a_taking_that_is_broken_off() -> None:
    datacentre, events = a_datacentre(CONFIG), list[Event]()
    hold_lock(datacentre["h1"], "Locked by: Ada at 2026-11-23T12:00:00Z\nVersion: v2\nMessage: maintenance")
    await taken_and_broken_off(datacentre, events)
    assert lock_held(datacentre["h1"])
    assert LockState.OURS not in lock_states(events)


@simulated
async def test_a_host_that_is_lost_with_the_answer_leaves_the_command_that_releases_the_lock() -> None:
    datacentre, events = a_datacentre(CONFIG), list[Event]()
    datacentre["h1"].goes_wrong(Fault("lock acquire", Kind.LOSE_AFTER))
    assert isinstance(await failure_of(taken(datacentre, events)), HostLost)
    (told,) = [each.body for each in events if isinstance(each.body, LockChanged)]
    assert (told.state, told.release) == (LockState.LEFT_BEHIND, RELEASE)


@simulated
async def test_while_it_is_being_taken_a_second_signal_knows_of_it() -> None:
    datacentre, events = a_datacentre(CONFIG), list[Event]()
    await taken(datacentre, events)
    steps = [each.body.step for each in events if isinstance(each.body, StepStarted)]
    assert steps == ["take the deploy lock"]


@simulated
@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.LOSE])
async def test_a_host_that_did_not_take_it_is_no_trouble(kind: Kind) -> None:
    datacentre, events = a_datacentre(CONFIG), list[Event]()
    datacentre["h1"].goes_wrong(Fault("lock acquire", kind))
    assert isinstance(await failure_of(taken(datacentre, events)), BackstaffError)
    assert not lock_held(datacentre["h1"])
